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
