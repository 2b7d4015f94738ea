import { createClient } from 'redis';
import { expect, onTestFinished, test } from 'vitest';
import { asRawJson } from '../../src/core/json.ts';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { batch } from '../support/jobs.ts';
import { redisForTest } from '../support/redis-server.ts';

const LARGE = asRawJson(JSON.stringify('x'.repeat(10_000)));

test('pushes are refused before Redis is full, so that everything else goes on in what is left', async () => {
	const server = await redisForTest({ maxmemory: '32mb' });
	const engine = new RedisEngine({ url: server.url });
	await engine.open();
	onTestFinished(() => engine.close());
	const client = await createClient({ url: server.url }).connect();
	onTestFinished(() => client.destroy());
	const used = async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]) / (32 * 1_048_576);
	let stored = 0;
	const refusal: unknown = await (async () => {
		while (true) {
			await engine.push([batch('emails', 5, { data: LARGE })]);
			stored += 5;
		}
	})().catch((error: unknown) => error);
	expect(refusal).toMatchObject({ code: 'STORE_FULL', message: expect.stringContaining('from 85 % on') });
	// By us and not by Redis, which is not full yet.
	expect(await used()).toBeGreaterThan(0.84);
	expect(await used()).toBeLessThan(1);

	const take = { topics: ['emails'], max: 1_000, leaseMs: 60_000 };
	let settled = 0;
	for (let jobs = await engine.take(take); jobs.length > 0; jobs = await engine.take(take)) {
		const leases = jobs.map(({ id, token }) => ({ id, token }));
		expect(await engine.extend(leases, 60_000)).toHaveLength(jobs.length);
		const results = await engine.settle(leases.map((lease) => ({ ...lease, outcome: 'complete' as const })));
		settled += results.filter(({ status }) => status === 'ok').length;
	}
	expect(settled).toBe(stored);
});

test('a Redis that somebody else has filled to the brim takes no push, and all that works jobs off', async () => {
	const server = await redisForTest({ maxmemory: '16mb' });
	const engine = new RedisEngine({ url: server.url });
	await engine.open();
	onTestFinished(() => engine.close());
	const client = await createClient({ url: server.url }).connect();
	onTestFinished(() => client.destroy());
	await engine.push([batch('emails', 3)]);
	const [held] = await engine.take({ topics: ['emails'], max: 1, leaseMs: 60_000 });
	if (held === undefined) throw new Error('three jobs were pushed');
	const fill = async (bytes: number) => {
		for (let n = 0; ; n++) await client.set(`filler:${bytes}:${n}`, 'x'.repeat(bytes));
	};
	for (const bytes of [100_000, 100]) await expect(fill(bytes)).rejects.toThrow(/OOM/);

	// Nothing was pushed since Redis had room, so that it is Redis that refuses, and not we before it is asked.
	await expect(engine.push([batch('emails', 1)])).rejects.toMatchObject({ code: 'STORE_FULL' });
	const jobs = await engine.take({ topics: ['emails'], max: 9, leaseMs: 60_000 });
	expect(jobs).toHaveLength(2);
	const leases = [held, ...jobs].map(({ id, token }) => ({ id, token }));
	expect((await engine.extend(leases, 60_000)).map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
	const settled = await engine.settle(leases.map((lease) => ({ ...lease, outcome: 'complete' as const })));
	expect(settled.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
	expect(await engine.getTopics(['emails'])).toMatchObject([{ counts: { waiting: 0, completed: 3 } }]);
});
