import { createClient } from 'redis';
import { expect, inject, onTestFinished, test } from 'vitest';
import type { Engine, TakeRequest } from '../../src/engine/engine.ts';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { batch } from '../support/jobs.ts';
import { randomPrefix } from '../support/prefix.ts';
import { TcpProxy } from '../support/proxy.ts';

const TAKE: TakeRequest = { topics: ['emails'], max: 2, leaseMs: 60_000 };

/** An engine whose connection runs through a proxy, and the proxy. */
async function engineBehindProxy(): Promise<{ engine: Engine; proxy: TcpProxy }> {
	const proxy = await TcpProxy.start(Number(new URL(inject('redisUrl')).port));
	const engine = new RedisEngine({ url: `redis://127.0.0.1:${proxy.port}`, prefix: randomPrefix() });
	await engine.open();
	onTestFinished(() => engine.close());
	return { engine, proxy };
}

const isScript = (request: string) => request.includes('FCALL');

async function counts(engine: Engine) {
	const [topic] = await engine.getTopics(['emails']);
	return topic?.counts;
}

test('a push whose answer was lost is stored once, and its ids are told', async () => {
	const { engine, proxy } = await engineBehindProxy();
	await engine.push([batch('emails', 1)]);
	const lost = proxy.loseReplyTo(isScript);
	const [result] = await engine.push([batch('emails', 3)]);
	await lost;
	expect(result).toMatchObject({ status: 'created' });
	expect(await counts(engine)).toMatchObject({ waiting: 4 });
});

test('a take whose answer was lost gives the jobs that it leased', async () => {
	const { engine, proxy } = await engineBehindProxy();
	await engine.push([batch('emails', 5)]);
	const lost = proxy.loseReplyTo(isScript);
	const jobs = await engine.take(TAKE);
	await lost;
	expect(jobs.map(({ data, token }) => ({ data, token }))).toEqual([
		{ data: '{"n":0}', token: 1 },
		{ data: '{"n":1}', token: 1 },
	]);
	expect(await counts(engine)).toMatchObject({ waiting: 3, active: 2 });
});

test('a settle whose answer was lost tells what it did', async () => {
	const { engine, proxy } = await engineBehindProxy();
	await engine.push([batch('emails', 2)]);
	const [first, second] = await engine.take(TAKE);
	if (first === undefined || second === undefined) throw new Error('two jobs were pushed');
	const lost = proxy.loseReplyTo(isScript);
	const settled = await engine.settle([
		{ id: first.id, token: first.token, outcome: 'complete' },
		{ id: second.id, token: second.token, outcome: 'retry' },
		{ id: second.id, token: 9, outcome: 'complete' },
	]);
	await lost;
	expect(settled).toMatchObject([{ state: 'completed' }, { state: 'waiting' }, { status: 'stale' }]);
	expect(await counts(engine)).toMatchObject({ waiting: 1, active: 0, completed: 1 });
});

test('a settle-and-take whose answer was lost settles once and gives the jobs that it leased', async () => {
	const { engine, proxy } = await engineBehindProxy();
	await engine.push([batch('emails', 4)]);
	const held = await engine.take(TAKE);
	const lost = proxy.loseReplyTo(isScript);
	const outcomes = held.map(({ id, token }) => ({ id, token, outcome: 'complete' as const }));
	const { settled, jobs } = await engine.settleAndTake(outcomes, TAKE);
	await lost;
	expect(settled).toMatchObject([{ state: 'completed' }, { state: 'completed' }]);
	expect(jobs.map(({ data }) => data)).toEqual(['{"n":2}', '{"n":3}']);
	expect(await counts(engine)).toMatchObject({ waiting: 0, active: 2, completed: 2 });
});

test.each([4_000, 60_000])(
	'a call is remembered for longer than it can be repeated: with a deadline of %i ms',
	async (deadlineMs) => {
		const prefix = randomPrefix();
		const engine = new RedisEngine({ url: inject('redisUrl'), prefix, deadlineMs });
		await engine.open();
		onTestFinished(() => engine.close());
		const client = await createClient({ url: inject('redisUrl') }).connect();
		onTestFinished(() => client.destroy());
		await engine.push([batch('emails', 1)]);
		const [key = ''] = await client.keys(`${prefix}:{emails/0}:call:*`);
		const expiresAt = await client.pExpireTime(key);
		const [job] = (await engine.listJobs({ topic: 'emails', state: 'waiting', cursor: null, limit: 1 })).jobs;
		// Both by the clock of Redis.
		expect(expiresAt - (job?.createdAt ?? 0)).toBeGreaterThan(2 * deadlineMs);
	},
);
