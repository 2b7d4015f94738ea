import { readFileSync } from 'node:fs';
import { createClient } from 'redis';
import { createEngine, type Engine, toRawJson } from '../../dist/engine/index.js';
import { each, percentile } from '../flow.ts';
import { payload } from '../payload.ts';
import type { Extra } from '../results.ts';
import { startStore } from '../stores/index.ts';
import type { ExtraOptions } from './index.ts';

const CALL = 1_000;
/** As many as an operation acts on in one script. */
const STEP = 50;
const LEASE_MS = 2_000;

async function fill(engine: Engine, topic: string, count: number): Promise<string[]> {
	const job = { priority: 0, group: null, maxAttempts: 4, backoff: null, delayMs: 0, runAt: null };
	const jobs = Array.from({ length: CALL }, (_, n) => ({ ...job, data: toRawJson(payload(n)) }));
	const ids: string[] = [];
	await each(Math.ceil(count / CALL), 4, async () => {
		const [pushed] = await engine.push([{ topic, jobs }]);
		if (pushed?.status === 'created') ids.push(...pushed.jobs.map(({ id }) => id));
	});
	return ids;
}

/** Processor time of Redis's own thread so far, in ms: unlike the SLOWLOG it does not count the time in which Redis stood still. */
async function clockOf(url: string): Promise<() => number> {
	const redis = createClient({ url });
	await redis.connect();
	const pid = /process_id:(\d+)/.exec(await redis.info('server'))?.[1];
	redis.destroy();
	return () => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}

/** Reading the call and writing its answer included. */
async function costs(what: string, calls: (() => Promise<unknown>)[], clock: () => number): Promise<Extra['rows']> {
	const times: number[] = [];
	for (const call of calls) {
		const before = clock();
		await call();
		times.push(clock() - before);
	}
	times.sort((a, b) => a - b);
	const row = (name: string, share: number) => ({
		what: `${what}: ${name} of ${calls.length.toLocaleString('en')} calls`,
		figures: [percentile(times, share)],
		unit: 'ms',
	});
	return [row('median', 0.5), row('p99', 0.99), row('p99.9', 0.999)];
}

/**
 * What bulk work and upkeep cost Redis, one call at a time with nothing beside it, on a store as full as under pressure. Linux only: Redis tells its processor
 * time in too large steps.
 */
export async function scriptCosts({ smoke }: ExtraOptions): Promise<Extra> {
	const [waiting, expired] = smoke ? [5_000, 1_000] : [500_000, 30_000];
	const store = await startStore('redis');
	const engine = await createEngine(store.url, { hints: false });
	try {
		await engine.open();
		await engine.putTopic('big', { cancelled: { count: waiting, ageMs: 3_600_000 } });
		const ids = await fill(engine, 'big', waiting);
		await fill(engine, 'lost', expired);
		for (let left = expired; left > 0; left -= CALL)
			await engine.take({ topics: ['lost'], max: CALL, leaseMs: LEASE_MS });
		const clock = await clockOf(store.url);
		const steps = Array.from({ length: ids.length / STEP }, (_, n) => ids.slice(n * STEP, (n + 1) * STEP));
		const by = { reason: 'clean-up', actor: 'bench' };
		const cancels = steps.map((step) => () => engine.cancelJobs(step, by, ['waiting']));
		const retries = steps.map((step) => () => engine.retryJobs(step, ['cancelled']));
		const rows = [
			...(await costs(`cancel ${STEP} jobs`, cancels, clock)),
			...(await costs(`retry ${STEP} jobs`, retries, clock)),
		];
		await new Promise((resolve) => setTimeout(resolve, LEASE_MS));
		const reclaims = Array.from({ length: expired / 100 }, () => () => engine.reclaim());
		rows.push(...(await costs('reclaim 100 leases', reclaims, clock)));
		return { title: `Processor time of Redis for one call, ${waiting.toLocaleString('en')} jobs waiting`, rows };
	} finally {
		await engine.close();
		await store.stop();
	}
}
