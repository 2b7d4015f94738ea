import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'redis';
import { expect, onTestFinished, test } from 'vitest';
import { startService } from '../../src/server/service.ts';
import { redisForTest } from '../support/redis-server.ts';
import { connected } from '../support/stores.ts';
import { until } from '../support/wait.ts';

const WORKERS = 20;
const IDLE_MS = 10_000;

/** Counts the scripts that were run since the last look; every call but a ping is one. */
async function scriptCounter(url: string): Promise<() => Promise<number>> {
	const client = await createClient({ url }).connect();
	onTestFinished(() => client.destroy());
	return async () => {
		const stats = String(await client.info('commandstats'));
		await client.configResetStat();
		return Number(/^cmdstat_fcall:calls=(\d+)/m.exec(stats)?.[1] ?? 0);
	};
}

test('a server with twenty workers that wait costs its store a few scripts, and work still reaches them at once', async () => {
	const redis = await redisForTest();
	const service = await startService({ store: redis.url });
	onTestFinished(() => service.close());
	const client = connected(await service.app.listen({ host: '127.0.0.1', port: 0 }));
	const workers = Array.from({ length: WORKERS }, () => client.work('idle', () => 'done'));
	const isWaiting = () => workers.every((worker) => Number.isFinite(worker.health().sinceContactMs));
	await until(isWaiting, { timeoutMs: 30_000, what: 'every worker to have asked' });
	const count = await scriptCounter(redis.url);
	const countFor = async (ms: number) => {
		await count();
		await pause(ms);
		return count();
	};
	await until(async () => (await countFor(1_000)) < 5, { timeoutMs: 30_000, what: 'the first waits to have begun' });
	// Silence is believed, so only the server's look at its operations is left. Asked by each worker every 1.5 s it would be 140.
	expect(await countFor(IDLE_MS)).toBeLessThanOrEqual(4);
	const began = performance.now();
	expect(await (await client.push('idle', 1)).result()).toBe('done');
	expect(performance.now() - began).toBeLessThan(1_000);
});
