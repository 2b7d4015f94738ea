import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/engine/sqlite/driver.ts';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { pushMany } from '../conformance/kit.ts';
import { MillraceServer, serve } from '../support/millrace-server.ts';
import { tempDir } from '../support/temp.ts';

async function doctor(...args: string[]) {
	const process = new MillraceServer(['doctor', ...args], {}, tempDir());
	return { code: await process.exited, stdout: process.stdout, stderr: process.stderr };
}

/** A file with three jobs in a topic and two in another. */
async function newFile(): Promise<string> {
	const path = join(tempDir(), 'jobs.db');
	const engine = new SqliteEngine({ path });
	await engine.open();
	await pushMany(engine, 'emails', 3);
	await pushMany(engine, 'reports', 2);
	await engine.close();
	return path;
}

async function damage(path: string, sql: string): Promise<void> {
	const db = await openDatabase(path);
	db.exec(sql);
	db.close();
}

test('says that nothing is wrong, and exits with 0', async () => {
	const path = await newFile();
	expect(await doctor('--store', `sqlite:${path}`)).toEqual({
		code: 0,
		stdout: '',
		stderr: expect.stringMatching(/^millrace: examined \d+ jobs and entries in 2 topics: nothing is wrong\n$/),
	});
});

test('tells a defect by line and by exit code, and mends it when asked to', async () => {
	const path = await newFile();
	await damage(path, "UPDATE topics SET delayed = 9 WHERE name = 'reports'");
	const store = ['--store', `sqlite:${path}`];
	const found = await doctor(...store);
	const line = 'reports  count_differs  count delayed  9 delayed jobs by the count, and 0 when they are counted';
	expect(found).toMatchObject({ code: 1, stdout: `${line}\n` });
	expect(found.stderr).toMatch(/: 1 defects, 0 of them repaired\n$/);
	expect(await doctor(...store, '--topic', 'emails')).toMatchObject({ code: 0, stdout: '' });
	const json = await doctor(...store, '--repair', '--json');
	expect(json.code).toBe(0);
	const [defect, sums, ...more] = json.stdout
		.trim()
		.split('\n')
		.map((text) => JSON.parse(text));
	expect(defect).toMatchObject({ topic: 'reports', code: 'count_differs', target: 'count delayed', repaired: true });
	expect([sums, more]).toMatchObject([{ topics: 2, defects: 1, repaired: 1 }, []]);
	expect(await doctor(...store)).toMatchObject({ code: 0, stdout: '' });
	const engine = new SqliteEngine({ path });
	await engine.open();
	const { entries } = await engine.documents.entries({ cursor: null, limit: 10 });
	await engine.close();
	expect(entries.map(({ text }) => JSON.parse(text).action)).toEqual(['doctor.repair']);
});

test('exits with 1 when something cannot be repaired, and tells it once', async () => {
	const path = await newFile();
	await damage(path, "INSERT INTO payloads (job, data) VALUES (99, '1'); UPDATE topics SET dead = 1");
	const { code, stdout } = await doctor('--store', `sqlite:${path}`, '--repair');
	expect(code).toBe(1);
	expect(stdout.match(/row 99/g)).toHaveLength(1);
	expect(stdout.match(/count dead/g)).toHaveLength(2);
});

test('examines a store that a server works on through that server, which writes down what it mends', async () => {
	const path = await newFile();
	await damage(path, "UPDATE topics SET delayed = 9 WHERE name = 'reports'");
	const url = await serve(['--port', '0', '--store', `sqlite:${path}`]).url();
	const refused = await doctor('--store', `sqlite:${path}`);
	expect(refused).toMatchObject({ code: 6, stdout: '' });
	expect(refused.stderr).toMatch(
		/^millrace: cannot examine sqlite:.* is in use by another process; .* use --url .*\n$/,
	);
	expect(await doctor('--url', url)).toMatchObject({ code: 1, stdout: expect.stringContaining('count delayed') });
	expect(await doctor('--url', url, '--repair')).toMatchObject({ code: 0 });
	expect(await doctor('--url', url)).toMatchObject({ code: 0, stdout: '' });
	const { entries } = (await (await fetch(`${url}/v1/audit`)).json()) as { entries: unknown[] };
	const details = { count_differs: 1, targets: ['count delayed'] };
	expect(entries).toMatchObject([{ action: 'doctor.repair', target: 'reports', details }]);
});

test('brings a key to a server that wants one, and says when it is not good enough', async () => {
	const adminKey = 'root'.repeat(10);
	const url = await serve(['--port', '0', '--store', 'memory:'], { MILLRACE_ADMIN_KEY: adminKey }).url();
	const made = await fetch(`${url}/v1/keys`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', authorization: `Bearer ${adminKey}` },
		body: JSON.stringify({ name: 'eyes', allow: ['observe:*'] }),
	});
	const { secret } = (await made.json()) as { secret: string };
	await fetch(`${url}/v1/topics/emails/jobs`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', authorization: `Bearer ${adminKey}` },
		body: '{"data":1}',
	});
	const without = await doctor('--url', url);
	expect(without).toMatchObject({ code: 4, stdout: '' });
	expect(await doctor('--url', url, '--key', secret)).toMatchObject({ code: 0 });
	expect(await doctor('--url', url, '--key', secret, '--repair')).toMatchObject({
		code: 4,
		stderr: expect.stringContaining('lacks the scope admin'),
	});
	expect(await doctor('--url', url, '--key', adminKey, '--repair')).toMatchObject({ code: 0 });
}, 60_000);

test('what cannot be used or reached is said in one line', async () => {
	const path = await newFile();
	const said = async (...args: string[]) => {
		const { code, stdout, stderr } = await doctor(...args);
		expect([stdout, stderr.split('\n').length]).toEqual(['', 2]);
		return `${code} ${stderr.trim()}`;
	};
	const store = ['--store', `sqlite:${path}`];
	expect(await said('--store', 'x:y')).toMatch(/^2 millrace: store must be /);
	expect(await said('--store', 'memory:')).toMatch(/^2 /);
	expect(await said('--store', 'http://127.0.0.1:1')).toMatch(/^2 .*use --url$/);
	expect(await said(...store, '--url', 'http://127.0.0.1:1')).toMatch(/^2 /);
	expect(await said(...store, '--topic', 'no such')).toMatch(/^2 /);
	expect(await said(...store, '--topic', 'none')).toMatch(/^2 millrace: there is no topic none$/);
	expect(await said('--store', 'sqlite:none.db')).toMatch(/^6 millrace: there is no file none\.db$/);
	expect(await said('--store', 'redis://user:s3cr%21t@127.0.0.1:1/0')).toMatch(/^6 .*user:\*\*\*@/);
	expect(await said('--url', 'http://127.0.0.1:1')).toMatch(/^6 /);
}, 60_000);
