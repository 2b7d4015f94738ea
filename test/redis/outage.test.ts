import { createClient } from 'redis';
import { expect, onTestFinished, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { RedisEngine, type RedisEngineOptions } from '../../src/engine/redis/engine.ts';
import { batch } from '../support/jobs.ts';
import { TcpProxy } from '../support/proxy.ts';
import { redisForTest } from '../support/redis-server.ts';
import { until } from '../support/wait.ts';

const TAKE = { topics: ['emails'], max: 10, leaseMs: 60_000 };
/** Short, so that the tests are; the default is 4 s. */
const DEADLINE_MS = 1_000;
/** What a test machine may add to a deadline. */
const SLACK_MS = 1_000;

function newEngine(url: string, options: Partial<RedisEngineOptions> = {}): RedisEngine {
	const engine = new RedisEngine({ url, deadlineMs: DEADLINE_MS, ...options });
	onTestFinished(() => engine.close());
	return engine;
}

async function openEngine(url: string): Promise<Engine> {
	const engine = newEngine(url);
	await engine.open();
	return engine;
}

/** How long a call took to fail, and how. */
async function failure(call: Promise<unknown>): Promise<{ code: unknown; ms: number }> {
	const start = performance.now();
	const error: unknown = await call.then(
		() => undefined,
		(problem) => problem,
	);
	const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : error;
	return { code, ms: performance.now() - start };
}

test('opening a store that is not there fails within the deadline, in one line without the password', async () => {
	const engine = newEngine('redis://user:secret@127.0.0.1:1');
	const start = performance.now();
	const error = await engine.open().catch((problem) => problem);
	expect(performance.now() - start).toBeLessThan(DEADLINE_MS + SLACK_MS);
	expect(error).toMatchObject({ code: 'UNAVAILABLE' });
	expect(error.message).toMatch(/^Redis at redis:\/\/127\.0\.0\.1:1 cannot be reached \(.+\); check that it runs/);
	expect(error.message).not.toContain('secret');
});

test('a wrong password is refused at once', async () => {
	const server = await redisForTest({ args: ['--requirepass', 'right'] });
	const engine = newEngine(`redis://:wrong@127.0.0.1:${server.port}`, { deadlineMs: 20_000 });
	await expect(engine.open()).rejects.toMatchObject({ code: 'STORE_REFUSED' });
});

test('while Redis is away calls fail within the deadline, and when it returns the same engine works again', async () => {
	const server = await redisForTest({ appendonly: true, appendfsync: 'always' });
	const engine = await openEngine(server.url);
	expect(engine.durability).toBe('fsynced');
	await engine.push([batch('emails', 1)]);

	await server.kill();
	for (let i = 0; i < 3; i++) {
		const { code, ms } = await failure(engine.push([batch('emails', 1)]));
		expect(code).toBe('UNAVAILABLE');
		expect(ms).toBeLessThan(DEADLINE_MS + SLACK_MS);
	}

	await server.restart();
	await until(() => engine.push([batch('emails', 1)]).catch(() => null), { what: 'the engine to work again' });
	expect(await engine.take(TAKE)).toHaveLength(2);
});

test('a Redis that stands still is given up within the deadline, and used again when it moves', async () => {
	const server = await redisForTest();
	const engine = await openEngine(server.url);
	await engine.push([batch('emails', 1)]);

	server.pause();
	const held = await failure(engine.push([batch('emails', 1)]));
	expect(held.code).toBe('AMBIGUOUS');
	expect(held.ms).toBeLessThan(DEADLINE_MS + SLACK_MS);
	const reading = await failure(engine.getTopics(['emails']));
	expect(reading.code).toBe('UNAVAILABLE');
	expect(reading.ms).toBeLessThan(DEADLINE_MS + SLACK_MS);

	server.resume();
	await until(
		() =>
			engine
				.ping()
				.then(() => true)
				.catch(() => false),
		{ what: 'the engine to work again' },
	);
	await engine.push([batch('emails', 1)]);
});

test('a subscription that died without a word is noticed and made anew, so that hints are heard again', async () => {
	const server = await redisForTest();
	const proxy = await TcpProxy.start(server.port);
	const engine = await openEngine(`redis://127.0.0.1:${proxy.port}`);
	const heard: unknown[] = [];
	engine.onWork(({ topic }) => heard.push(topic));
	proxy.silenceSubscribers();
	const deaf = await openEngine(server.url);
	await deaf.push([batch('emails', 1)]);
	// Told of the loss, and told again when hints can be heard: both times whoever waits asks for himself.
	const isBack = async () => heard.filter((topic) => topic === null).length === 2;
	await until(isBack, { timeoutMs: 30_000, what: 'the subscription to be made anew' });
	expect(heard).not.toContain('emails');
	await deaf.push([batch('letters', 1)]);
	await until(async () => heard.includes('letters'), { what: 'a hint to be heard' });
});

test('a full Redis refuses pushes with STORE_FULL and still takes, completes and pushes again', async () => {
	const server = await redisForTest({ maxmemory: '8mb', args: ['--maxmemory-policy', 'noeviction'] });
	const engine = await openEngine(server.url);
	await engine.putTopic('emails', { completed: { count: 0, ageMs: 0 } });
	const large = batch('emails', 10, { data: JSON.stringify('x'.repeat(20_000)) as never });
	let stored = 0;
	const full = await until(
		async () => {
			const { code } = await failure(engine.push([large]));
			if (code === undefined) stored += 10;
			return code;
		},
		{ what: 'the store to be full' },
	);
	expect(full).toBe('STORE_FULL');

	const jobs = await engine.take({ ...TAKE, max: stored });
	expect(jobs).toHaveLength(stored);
	const settled = await engine.settle(jobs.map(({ id, token }) => ({ id, token, outcome: 'complete' })));
	expect(settled.every(({ status }) => status === 'ok')).toBe(true);
	await until(async () => (await failure(engine.push([large]))).code === undefined, { what: 'room for a push' });
});

test.each(['conf', 'jobs', 'prios', 'w:0'])(
	'a key that holds something else is named, and nothing is written: %s',
	async (name) => {
		const server = await redisForTest();
		const engine = await openEngine(server.url);
		const client = await createClient({ url: server.url }).connect();
		onTestFinished(() => client.destroy());
		const key = `mr:{emails/0}:${name}`;
		await client.set(key, 'foreign');
		await expect(engine.push([batch('emails', 1)])).rejects.toMatchObject({ code: 'STORE_REFUSED' });
		expect(await client.keys('mr:{emails/0}:*')).toEqual([key]);
	},
);
