import { expect, inject, onTestFinished, test } from 'vitest';
import type { NewJob } from '../../src/core/job.ts';
import type { Defect, Engine } from '../../src/engine/engine.ts';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { examineAll, pushJobs, settleEach, take } from '../conformance/kit.ts';
import { randomPrefix } from '../support/prefix.ts';

const WORK_MS = 4_000;

async function open(prefix: string): Promise<Engine> {
	const engine = new RedisEngine({ url: inject('redisUrl'), prefix });
	onTestFinished(() => engine.close());
	await engine.open();
	return engine;
}

function some<T>(items: readonly T[]): T | undefined {
	return items[Math.floor(Math.random() * items.length)];
}

function anyJob(): Partial<NewJob> {
	const group = some([null, null, 'x', 'y', 'z']) ?? null;
	const key = some(['k', 'l', undefined, undefined]);
	const unique = key === undefined ? {} : { unique: { key, scope: 'unfinished', onConflict: 'queueBehind' } as const };
	return { group, priority: some([0, 0, 5]) ?? 0, delayMs: some([0, 0, 0, 20]) ?? 0, ...unique };
}

const PUSH = async (engine: Engine, ids: string[]) => {
	ids.push(...(await pushJobs(engine, 't', Array.from({ length: 10 }, anyJob))));
	ids.splice(0, Math.max(0, ids.length - 300));
};

const WORK = async (engine: Engine) => {
	const jobs = await take(engine, 't', { max: 10, worker: 'w' });
	const outcome = some(['complete', 'complete', 'retry', 'release', 'kill'] as const) ?? 'complete';
	await settleEach(engine, jobs, outcome, { delayMs: some([0, 15]) ?? 0 });
};

const MEDDLE = async (engine: Engine, ids: string[]) => {
	const [one, other, third] = [some(ids), some(ids), some(ids)].map((id) => id ?? 't:1');
	await engine.cancelJobs([one ?? ''], { actor: null, reason: null });
	await engine.deleteJobs([other ?? '']);
	await engine.retryJobs([third ?? '']);
	await engine.promote();
	await engine.reclaim();
	await engine.prune();
};

// Several clients push, work, cancel and sweep while two doctors go through the topic: what they look at moves all the time.
test('an examination gives no false alarm while the queue works, and a repair finds nothing to do', async () => {
	const prefix = randomPrefix();
	const engines = await Promise.all(Array.from({ length: 4 }, () => open(prefix)));
	const [doctor, ...others] = engines;
	if (doctor === undefined) throw new Error('There is no engine');
	await doctor.putTopic('t', { groups: { concurrency: 2 }, completed: { count: 50, ageMs: 60_000 } });
	const ids: string[] = [];
	const end = performance.now() + WORK_MS;
	const until = async (work: (engine: Engine, ids: string[]) => Promise<unknown>, engine: Engine) => {
		while (performance.now() < end) await work(engine, ids);
	};
	const found: Defect[] = [];
	let rounds = 0;
	const examine = async (engine: Engine) => {
		const { defects } = await examineAll(engine, 't', { limit: 30, repair: ++rounds % 2 === 0 });
		found.push(...defects);
	};
	const busy = others.flatMap((engine) => [PUSH, WORK, MEDDLE].map((work) => until(work, engine)));
	await Promise.all([...busy, until(examine, doctor), until(examine, doctor)]);
	expect(found).toEqual([]);
	expect(rounds).toBeGreaterThan(3);
	expect(ids.length).toBeGreaterThan(100);
}, 30_000);
