import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { connect } from '../../src/sdk/index.ts';
import { gate, spin } from '../support/gate.ts';
import { MillraceServer, serve } from '../support/millrace-server.ts';
import { redisForTest } from '../support/redis-server.ts';
import { connected, freshTopic } from '../support/stores.ts';
import { tempDir } from '../support/temp.ts';
import { until } from '../support/wait.ts';

/** Stands nowhere but in the environment of the server. */
const CANARY = 'canary-7f3a91c2-0d4e-4b6f-9a58-c1e2d3f4a5b6';
const GUARDED = { MILLRACE_ADMIN_KEY: CANARY, MILLRACE_STORE: 'memory:', MILLRACE_PORT: '0' };
const OPEN = { MILLRACE_STORE: 'memory:', MILLRACE_PORT: '0' };

async function run(args: string[], env: Record<string, string> = {}) {
	const command = new MillraceServer(args, env, tempDir());
	const code = await command.exited;
	return { code, stdout: command.stdout, stderr: command.stderr };
}

function keys(url: string, key = CANARY) {
	return (...args: string[]) => run(['keys', ...args], { MILLRACE_URL: url, MILLRACE_KEY: key });
}

async function linesOfRefusal(server: MillraceServer) {
	expect(await server.exited).toBe(2);
	expect(server.stdout).toBe('');
	return server.complaints();
}

test.each(['0.0.0.0', '::', '127.0.0.1.nip.io'])('bound to %s without keys a server does not start', async (host) => {
	expect(await linesOfRefusal(serve(['--host', host], OPEN))).toEqual([
		`millrace: refusing to listen on ${host} while no keys are asked for; set MILLRACE_ADMIN_KEY, or allow it with --insecure or MILLRACE_INSECURE=1`,
	]);
	expect(await linesOfRefusal(serve(['--host', host], { ...OPEN, MILLRACE_INSECURE: '0' }))).toHaveLength(1);
});

test.each([
	[['--insecure'], {}],
	[[], { MILLRACE_INSECURE: '1' }],
	[[], { MILLRACE_INSECURE: 'true', MILLRACE_HOST: '0.0.0.0' }],
])('with %j and %j it does, and says what that means', async (args, env) => {
	const server = serve(['--host', '0.0.0.0', ...args], { ...OPEN, ...env });
	expect((await fetch(`${await server.url()}/v1/topics`)).status).toBe(200);
	expect(server.stderr).toContain('everybody who can reach this server may do everything');
});

test('with a key of its own it starts anywhere; on loopback it starts without', async () => {
	const guarded = await serve(['--host', '0.0.0.0'], GUARDED).url();
	expect((await fetch(`${guarded}/v1/topics`)).status).toBe(401);
	for (const host of ['127.0.0.1', 'localhost', '127.0.0.2']) {
		const server = serve(['--host', host], OPEN);
		await server.url();
		expect(server.stderr).not.toContain('everybody');
	}
});

test('with keys in its store it starts anywhere too', async () => {
	const dir = tempDir();
	const first = serve(['--port', '0'], { MILLRACE_ADMIN_KEY: CANARY }, dir);
	const made = await keys(await first.url())('create', '--name', 'k', '--allow', 'observe:*');
	first.child.kill('SIGTERM');
	await first.exited;
	const second = await serve(['--port', '0', '--host', '0.0.0.0'], {}, dir).url();
	const look = (authorization: string) => fetch(`${second}/v1/topics`, { headers: { authorization } });
	expect((await look('')).status).toBe(401);
	expect((await look(`Bearer ${made.stdout.trim()}`)).status).toBe(200);
});

test.each(['', 'short', 'x'.repeat(31), `${'x'.repeat(40)} y`])(
	'the key %j keeps a server from starting',
	async (key) => {
		const lines = await linesOfRefusal(serve([], { ...OPEN, MILLRACE_ADMIN_KEY: key }));
		expect(lines).toHaveLength(1);
		expect(lines[0]).toMatch(/^millrace: MILLRACE_ADMIN_KEY must be 32 to 256 printable ASCII characters/);
		expect(lines[0]).not.toMatch(/short|xx/);
	},
);

test('keys are made, listed and revoked from a pipe', async () => {
	const cli = keys(await serve([], GUARDED).url());
	const made = await cli(
		'create',
		'--name',
		'shop',
		'--allow',
		'push:emails*',
		'observe:*',
		'--allow',
		'work:x',
		'--deny',
		'push:emails-x',
		'--expires',
		'90d',
		'--rate',
		'100',
		'--burst',
		'200',
	);
	expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^mr_[0-9a-f]{16}_[A-Za-z0-9_-]{43}\n$/)]);
	expect(made.stderr).toMatch(/^Made key [0-9a-f]{16} \(shop\), expires 20\d\d-.*Its secret is shown only now\.\n$/);
	const [, id = ''] = made.stdout.split('_');
	const listed = await cli('list');
	expect([listed.code, listed.stdout.split('\t').slice(0, 4)]).toEqual([
		0,
		[id, 'shop', 'push:emails* observe:* work:x', '-push:emails-x'],
	]);
	expect(listed.stdout).toMatch(/\t100 requests a second, 200 at once\n$/);
	const json = JSON.parse((await cli('create', '--name', 'b', '--allow', 'work:*', '--json')).stdout);
	expect(json).toMatchObject({ key: { name: 'b', expiresAt: null }, secret: expect.stringMatching(/^mr_/) });
	const revoked = await cli('revoke', id);
	expect([revoked.code, revoked.stdout]).toEqual([0, '']);
	expect(JSON.parse((await cli('list', '--json')).stdout).keys).toMatchObject([
		{ name: 'b', revokedAt: null },
		{ id, revokedAt: expect.any(Number) },
	]);
});

// A dozen processes start here, which a busy machine takes its time for.
test('what goes wrong is one line and an exit code', async () => {
	const url = await serve([], GUARDED).url();
	const cli = keys(url);
	const { stdout } = await cli('create', '--name', 'k', '--allow', 'observe:*');
	const failed = async (code: number, line: RegExp, command: ReturnType<typeof run>) => {
		const result = await command;
		expect(result).toEqual({ code, stdout: '', stderr: expect.stringMatching(line) });
		expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
	};
	await failed(2, /^millrace: required option '--name <name>' not specified/, cli('create', '--allow', 'push:*'));
	await failed(2, /^millrace: required option '--allow/, cli('create', '--name', 'k'));
	await failed(2, /'push' is invalid\. It must be SCOPE:TOPIC/, cli('create', '--name', 'k', '--allow', 'push'));
	await failed(
		2,
		/'soon' is invalid\. It must be a duration/,
		cli('create', '--name', 'k', '--allow', 'push:*', '--expires', 'soon'),
	);
	await failed(2, /--burst needs --rate/, cli('create', '--name', 'k', '--allow', 'push:*', '--burst', '9'));
	await failed(
		2,
		/'0' is invalid\. It must be an integer/,
		cli('create', '--name', 'k', '--allow', 'push:*', '--rate', '0'),
	);
	await failed(2, /name must not be root/, cli('create', '--name', 'root', '--allow', 'push:*'));
	await failed(3, /There is no key 0123456789abcdef/, cli('revoke', '0123456789abcdef'));
	await failed(4, /wants a key/, run(['keys', 'list', '--url', url]));
	await failed(4, /lacks the scope admin/, run(['keys', 'list', '--url', url, '--key', stdout.trim()]));
	const answers = createServer((_request, response) => response.end('hi')).listen(0, '127.0.0.1');
	await once(answers, 'listening');
	const address = answers.address();
	const port = typeof address === 'object' ? address?.port : 0;
	await failed(6, /what Millrace does not say/, run(['keys', 'list', '--url', `http://127.0.0.1:${port}`]));
	answers.close().closeAllConnections();
	await once(answers, 'close');
	await failed(6, /cannot be reached/, run(['keys', 'list', '--url', `http://127.0.0.1:${port}`]));
	expect((await run(['keys'])).code).toBe(2);
}, 180_000);

test('clients and workers bring their key, also the thread that renews leases', async () => {
	// Of its own: once there has been a key in a store, every server on it asks for keys.
	const redis = await redisForTest();
	const url = await serve(['--store', redis.url], GUARDED).url();
	const topic = freshTopic();
	const cli = keys(url);
	const made = async (...allow: string[]) => (await cli('create', '--name', 'k', '--allow', ...allow)).stdout.trim();
	const [pushKey, workKey] = [await made(`push:${topic}`, `observe:${topic}`), await made(`work:${topic}`)];
	const worker = connected(url, { key: workKey });
	const [begun, renewed] = [gate(), gate()];
	let runs = 0;
	worker.work(
		topic,
		async () => {
			runs++;
			begun.open();
			await renewed.opened;
			// The loop stands still for longer than the lease: only the thread can renew it.
			spin(3_000);
			return 'done';
		},
		{ lease: 1_000 },
	);
	const client = connected(url, { key: pushKey });
	const job = await client.push(topic, 1);
	await begun.opened;
	const first = (await job.get())?.leaseExpiresAt ?? 0;
	// The thread is at work once the lease has been renewed.
	await until(async () => ((await job.get())?.leaseExpiresAt ?? 0) > first, { what: 'the lease to be renewed' });
	renewed.open();
	expect(await job.result()).toBe('done');
	expect(runs).toBe(1);
	await expect(worker.push(topic, 1)).rejects.toMatchObject({ code: 'FORBIDDEN', status: 403 });
	await expect(connected(url).push(topic, 1)).rejects.toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
	await expect(connect(url, { key: 'a b' }).ready()).rejects.toMatchObject({ code: 'INVALID' });
});

test('the canary: the key of the server stands in no answer and no line', async () => {
	const server = serve(['--log-level', 'trace'], GUARDED);
	const url = await server.url();
	const said: string[] = [];
	const send = async (method: string, path: string, body?: string, authorization = `Bearer ${CANARY}`) => {
		const headers = { authorization, 'content-type': 'application/json' };
		const response = await fetch(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
		said.push(JSON.stringify([...response.headers]), await response.text());
	};
	await send('POST', '/v1/keys', '{"name":"k","allow":["push:*"]}');
	for (const path of [
		'/v1/keys',
		'/v1/audit',
		'/v1/topics',
		'/readyz',
		'/nothing',
		'/v1/jobs/x',
		'/api/jobs/jobToRun?topic=t',
	]) {
		await send('GET', path);
		await send('GET', path, undefined, CANARY);
		await send('GET', path, undefined, `Basic ${CANARY}`);
		await send('GET', path, undefined, `Bearer ${CANARY}x`);
	}
	await send('POST', '/v1/take', '{"topics":[]}');
	await send('POST', '/v1/push', '{');
	await send('POST', '/api/jobs', '{}');
	for (const args of [['list'], ['create', '--name', 'k', '--allow', 'x:y'], ['revoke', 'x'], ['list', '--help']]) {
		const { stdout, stderr } = await keys(url)(...args);
		said.push(stdout, stderr);
	}
	server.child.kill('SIGTERM');
	await until(() => server.child.exitCode !== null, { what: 'the server to stop' });
	expect(said.length).toBeGreaterThan(50);
	for (const text of [...said, server.stdout, server.stderr]) expect(text).not.toMatch(/canary|7f3a91c2/i);
	expect(server.stderr).toContain('stopped');
});
