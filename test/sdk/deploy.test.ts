import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Client, topic } from '../../src/sdk/index.ts';
import { serve } from '../support/millrace-server.ts';
import { connected, freshTopic, HTTP, REDIS } from '../support/stores.ts';
import { tempDir } from '../support/temp.ts';
import { until } from '../support/wait.ts';
import { readStarts, WorkerProcess, type WorkerProcessOptions } from '../support/worker-process.ts';

const PUSH_AT_ONCE = 1_000;

async function pushAll(client: Client, name: string, count: number): Promise<string[]> {
	const ids: string[] = [];
	for (let from = 0; from < count; from += PUSH_AT_ONCE) {
		const data = Array.from({ length: Math.min(PUSH_AT_ONCE, count - from) }, (_, i) => from + i);
		ids.push(...(await client.pushMany(topic(name), data)).map(({ id }) => id));
	}
	return ids;
}

async function counts(client: Client, name: string) {
	return (await client.topic(name))?.counts;
}

function startsFile(): string {
	const file = join(tempDir(), 'starts');
	writeFileSync(file, '');
	return file;
}

/** SIGTERMs the workers one after the other and starts a new one for each, until everything is done. Returns how many. */
async function roll(workers: WorkerProcess[], start: () => WorkerProcess, isDone: () => Promise<boolean>) {
	let restarts = 0;
	while (!(await isDone())) {
		const oldest = workers.shift();
		expect(await oldest?.stop()).toBe(0);
		expect(oldest?.stderr).toBe('');
		workers.push(await start().ready());
		restarts++;
	}
	return restarts;
}

// The work lasts several times longer than the restarts that must fall into it take on a busy machine.
test.each([
	{ store: REDIS, jobs: 20_000, processes: 5, workMs: 250, atLeast: 5 },
	{ store: HTTP, jobs: 3_000, processes: 3, workMs: 500, atLeast: 3 },
])(
	'a rolling restart of $processes workers on $store.name loses none of $jobs jobs and starts none twice',
	async (run) => {
		const url = await run.store.url();
		const client = connected(url);
		const name = freshTopic();
		const starts = startsFile();
		await client.configure(name, { completed: { count: run.jobs, ageMs: 3_600_000 } });
		const ids = await pushAll(client, name, run.jobs);
		const options: WorkerProcessOptions = {
			...{ url, topic: name, behaviour: 'work', starts, concurrency: 20, workMs: run.workMs },
		};
		const start = () => new WorkerProcess(options);
		const workers = await Promise.all(Array.from({ length: run.processes }, () => start().ready()));
		const restarts = await roll(workers, start, async () => (await counts(client, name))?.completed === run.jobs);
		for (const worker of workers) expect(await worker.stop()).toBe(0);

		const started = readStarts(starts);
		expect(started.map(({ id }) => id).sort()).toEqual(ids.sort());
		expect(started.filter(({ attempt }) => attempt !== 1)).toEqual([]);
		expect(await counts(client, name)).toMatchObject({ waiting: 0, delayed: 0, active: 0, dead: 0 });
		expect(restarts).toBeGreaterThanOrEqual(run.atLeast);
	},
	180_000,
);

test('a worker that is stopped with its hands full gives its jobs back, and no attempt is charged', async () => {
	const url = await REDIS.url();
	const client = connected(url);
	const name = freshTopic();
	const starts = startsFile();
	const ids = await pushAll(client, name, 30);
	const options: WorkerProcessOptions = { url, topic: name, behaviour: 'hang', starts, concurrency: 10, graceMs: 100 };
	const hanging = new WorkerProcess(options);
	await until(() => readStarts(starts).length === 10, { what: 'its slots to be full' });
	expect(await hanging.stop()).toBe(0);
	expect(await counts(client, name)).toMatchObject({ waiting: 30, active: 0 });
	const next = await new WorkerProcess({ ...options, behaviour: 'work' }).ready();
	await until(async () => (await counts(client, name))?.completed === 30, { what: 'the others to do the work' });
	expect(await next.stop()).toBe(0);
	const started = readStarts(starts);
	expect(new Set(started.map(({ id }) => id))).toEqual(new Set(ids));
	expect(started.every(({ attempt }) => attempt === 1)).toBe(true);
});

test.each([REDIS, HTTP])(
	'after kill -9 of 3 of 4 workers on $name every job completes, each started again within its lease and a second',
	async (store) => {
		const LEASE_MS = 1_000;
		/** For the kill itself, and for two cores that have other things to do. */
		const SLACK_MS = 1_000;
		const url = await store.url();
		const client = connected(url);
		const name = freshTopic();
		const starts = startsFile();
		const options = { url, topic: name, starts, lease: LEASE_MS, concurrency: 10 };
		const doomed = await Promise.all([0, 1, 2].map(() => new WorkerProcess({ ...options, behaviour: 'hang' }).ready()));
		const held = await pushAll(client, name, 30);
		await until(() => readStarts(starts).length === 30, { what: 'the three to have their hands full' });
		const survivor = await new WorkerProcess({ ...options, behaviour: 'work', concurrency: 50, workMs: 10 }).ready();
		const others = await pushAll(client, name, 300);

		const killedAt = Date.now();
		for (const { child } of doomed) child.kill('SIGKILL');
		expect(await Promise.all(doomed.map(({ exited }) => exited))).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL']);
		await until(async () => (await counts(client, name))?.completed === 330, { what: 'every job to complete' });

		const again = readStarts(starts).filter(({ pid }) => pid === survivor.child.pid);
		expect(again.map(({ id }) => id).sort()).toEqual([...held, ...others].sort());
		const late = again.filter(({ id, at }) => held.includes(id) && at > killedAt + LEASE_MS + 1_000 + SLACK_MS);
		expect(late).toEqual([]);
		expect(again.filter(({ id, attempt }) => attempt !== (held.includes(id) ? 2 : 1))).toEqual([]);
		expect(await survivor.stop()).toBe(0);
	},
);

test('workers on http: outlive a restart of their server, and nothing is done twice', async () => {
	const redis = await REDIS.url();
	const serverOptions = ['--store', redis, '--log-level', 'silent'];
	const first = serve(['--port', '0', ...serverOptions]);
	const url = await first.url();
	const client = connected(url);
	const name = freshTopic();
	const starts = startsFile();
	await client.configure(name, { completed: { count: 2_000, ageMs: 3_600_000 } });
	const ids = await pushAll(client, name, 2_000);
	const worker = new WorkerProcess({ url, topic: name, behaviour: 'work', starts, concurrency: 20, workMs: 20 });
	await until(() => readStarts(starts).length > 200, { what: 'work to be under way' });
	first.child.kill('SIGTERM');
	await first.exited;
	await serve(['--port', new URL(url).port, ...serverOptions]).url();
	const done = async () => (await counts(client, name).catch(() => undefined))?.completed === 2_000;
	await until(done, { timeoutMs: 30_000, what: 'every job to complete' });
	expect(
		readStarts(starts)
			.map(({ id }) => id)
			.sort(),
	).toEqual(ids.sort());
	expect(await worker.stop()).toBe(0);
}, 120_000);
