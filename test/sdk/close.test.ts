import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, isMillraceError, type Worker } from '../../src/sdk/index.ts';
import { gate } from '../support/gate.ts';
import { serve } from '../support/millrace-server.ts';
import { type RedisServer, redisForTest } from '../support/redis-server.ts';
import { connected, freshTopic, STORES } from '../support/stores.ts';
import { until } from '../support/wait.ts';

/** What close promises on top of its grace. */
const MARGIN_MS = 1_000;

async function msOf(work: () => Promise<unknown>): Promise<number> {
	const began = performance.now();
	await work();
	return performance.now() - began;
}

const running = (worker: Worker) => until(() => worker.health().state === 'running', { what: 'the worker to run' });

describe.each(STORES)('close of a worker on $name', ({ url }) => {
	test('takes less than a second when it is idle, and says so', async () => {
		const client = connected(await url());
		const worker = client.work(freshTopic(), () => {});
		await running(worker);
		// So that it closes while it waits for work.
		await pause(50);
		expect(await msOf(() => worker.close())).toBeLessThan(MARGIN_MS);
		expect(worker.health()).toMatchObject({ state: 'closed', running: 0 });
		await worker.closed;
	});

	test('lets handlers finish within the grace, hands in their outcomes and begins no other job', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const jobs = await client.pushMany(name, [1, 2, 3]);
		const begun = gate();
		const finish = gate();
		let runs = 0;
		const worker = client.work(
			name,
			async () => {
				runs++;
				begun.open();
				await finish.opened;
				return 'finished';
			},
			{ concurrency: 1 },
		);
		await begun.opened;
		const closing = worker.close({ grace: '30s' });
		expect(worker.health().state).toBe('draining');
		// Time to give up on the handler, for one that does not wait.
		await pause(50);
		finish.open();
		await closing;
		expect(runs).toBe(1);
		const ends = await Promise.all(jobs.map((job) => job.get()));
		expect(ends.map((job) => job?.state).sort()).toEqual(['completed', 'waiting', 'waiting']);
	});

	test('aborts what is at work at the end of the grace and gives it back without using an attempt', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const job = await client.push(name, null, { maxAttempts: 1 });
		const begun = gate();
		let reason: unknown;
		const worker = client.work(name, async (_, { signal }) => {
			begun.open();
			signal.addEventListener('abort', () => {
				reason = signal.reason;
			});
			await new Promise(() => {});
		});
		await begun.opened;
		expect(await msOf(() => worker.close({ grace: 100 }))).toBeLessThan(100 + MARGIN_MS);
		expect(isMillraceError(reason) && reason.code).toBe('CLOSED');
		expect(await job.get()).toMatchObject({ state: 'waiting', attempt: 0, error: null });
		client.work(name, (_, { attempt }) => attempt);
		expect(await job.result()).toBe(1);
	});

	test('a handler can still push while its client closes', async () => {
		const address = await url();
		const client = connect(address);
		const name = freshTopic();
		const child = freshTopic('child');
		const begun = gate();
		const closing = gate();
		const pushed = gate<boolean>();
		await client.push(name, null);
		client.work(name, async (_, context) => {
			begun.open();
			await closing.opened;
			pushed.open((await context.push(child, 'late')).created);
		});
		await begun.opened;
		const closed = client.close();
		closing.open();
		expect(await pushed.opened).toBe(true);
		await closed;
		await expect(client.push(name, null)).rejects.toMatchObject({ code: 'CLOSED' });
	});

	test('may be called before the store is open, and more than once', async () => {
		const client = connected(await url());
		const worker = client.work(freshTopic(), () => {});
		expect(await msOf(() => Promise.all([worker.close(), worker.close()]))).toBeLessThan(MARGIN_MS);
		expect(worker.health().state).toBe('closed');
	});
});

test('a client that was closed unused opens no store any more', async () => {
	const client = connect('memory:');
	await client.close();
	await expect(client.push(freshTopic(), null)).rejects.toMatchObject({ code: 'CLOSED' });
	await expect(client.ready()).rejects.toMatchObject({ code: 'CLOSED' });
});

/** A worker in the middle of a job, on a Redis server that is then made to go away. */
async function busyOn(redis: RedisServer) {
	const client = connect(redis.url);
	onTestFinished(() => client.close());
	const name = freshTopic();
	await client.push(name, null);
	const begun = gate();
	const worker = client.work(name, async () => {
		begun.open();
		await new Promise(() => {});
	});
	await begun.opened;
	return { client, worker };
}

describe.each(['kill', 'pause'] as const)('while Redis is away (%s)', (leave) => {
	test('an idle worker closes within a second', async () => {
		const redis = await redisForTest();
		const worker = connected(redis.url).work(freshTopic(), () => {});
		await running(worker);
		await redis[leave]();
		expect(await msOf(() => worker.close())).toBeLessThan(MARGIN_MS);
	});

	test('a busy worker closes within its grace and a second', async () => {
		const redis = await redisForTest();
		const { worker } = await busyOn(redis);
		await redis[leave]();
		expect(await msOf(() => worker.close({ grace: 200 }))).toBeLessThan(200 + MARGIN_MS);
		expect(worker.health()).toMatchObject({ state: 'closed', running: 0 });
	});

	test('a client closes within its deadline too', async () => {
		const redis = await redisForTest();
		const { client, worker } = await busyOn(redis);
		await redis[leave]();
		await worker.close({ grace: 0 });
		expect(await msOf(() => client.close())).toBeLessThan(5_000);
	});
});

test('a worker whose server never came closes within a second, and its client within its deadline', async () => {
	const redis = await redisForTest();
	await redis.kill();
	const client = connect(redis.url);
	const failures: unknown[] = [];
	const worker = client.work(freshTopic(), () => {}, { onError: (error) => failures.push(error) });
	await until(() => failures.length > 0, { what: 'the worker to say so' });
	expect(worker.health()).toMatchObject({ state: 'starting', sinceContactMs: Number.POSITIVE_INFINITY });
	expect(await msOf(() => worker.close())).toBeLessThan(MARGIN_MS);
	expect(await msOf(() => client.close())).toBeLessThan(5_000);
});

test('a worker waits for a store that is not there yet, and begins by itself', async () => {
	const redis = await redisForTest();
	await redis.kill();
	const client = connected(redis.url, { deadlineMs: 500 });
	const failures: unknown[] = [];
	const name = freshTopic();
	client.work(name, () => 'done', { onError: (error) => failures.push(error) });
	await until(() => failures.length > 0, { what: 'the worker to say so' });
	await redis.restart();
	const job = await until(() => client.push(name, null).catch(() => null));
	expect(await job.result()).toBe('done');
	expect(failures).toHaveLength(1);
});

test('health tells how long ago the store last answered', async () => {
	const redis = await redisForTest();
	const client = connected(redis.url);
	const name = freshTopic();
	const failures: unknown[] = [];
	const worker = client.work(name, () => 'done', { lease: '600ms', onError: (error) => failures.push(error) });
	await running(worker);
	await (await client.push(name, null)).result();
	// It polls for a third of its lease at a time.
	expect(worker.health().sinceContactMs).toBeLessThan(600);
	await redis.kill();
	await until(() => failures.length > 0 && worker.health().sinceContactMs > 1_000);
	await redis.restart();
	await until(() => worker.health().sinceContactMs < 600);
	const job = await until(() => client.push(name, null).catch(() => null));
	expect(await job.result()).toBe('done');
});

test('a worker on http: goes on after its server was restarted', async () => {
	const redis = await redisForTest();
	const first = serve(['--port', '0', '--store', redis.url, '--log-level', 'silent']);
	const address = await first.url();
	const client = connected(address);
	const name = freshTopic();
	client.work(name, ({ data }) => data);
	expect(await (await client.push(name, 'before')).result()).toBe('before');
	first.child.kill('SIGKILL');
	await first.exited;
	const port = new URL(address).port;
	await serve(['--port', port, '--store', redis.url, '--log-level', 'silent']).url();
	const job = await until(() => client.push(name, 'after').catch(() => null));
	expect(await job.result()).toBe('after');
});
