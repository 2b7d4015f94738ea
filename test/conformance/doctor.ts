import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import {
	cancel,
	examineAll,
	type GetSubject,
	pushJobs,
	pushMany,
	pushOne,
	settle,
	settleEach,
	sweepAll,
	take,
	takeAll,
	takeOne,
} from './kit.ts';

/** Work of a kind, in a topic `t`; `later` lets time pass. */
type Work = (engine: Engine, later: (ms: number) => void) => Promise<unknown>;

const KINDS: Record<string, Work> = {
	'pushes into lanes of several priorities and groups': async (engine) => {
		await pushMany(engine, 't', 30);
		await pushMany(engine, 't', 5, { priority: 3 });
		await pushJobs(engine, 't', [{ group: 'x' }, { group: 'y', priority: -2 }, { group: 'x' }]);
	},
	'takes of a part and of all': async (engine) => {
		await pushJobs(engine, 't', [{ group: 'x' }, { group: 'y' }, {}, {}]);
		await take(engine, 't', { max: 3, worker: 'w', marks: true });
		await take(engine, 't', { max: 3 });
	},
	'groups at their limits, and held ones that are free again': async (engine) => {
		await engine.putTopic('t', { concurrency: 5, groups: { concurrency: 1 } });
		await pushMany(engine, 't', 3, { group: 'x' });
		await pushMany(engine, 't', 3, { group: 'y', priority: 1 });
		const jobs = await takeAll(engine, 't');
		await take(engine, 't');
		await settleEach(engine, jobs.slice(0, 1), 'retry', { delayMs: 1_000 });
		await settleEach(engine, jobs.slice(1), 'complete');
	},
	'rates, parks and pauses': async (engine, later) => {
		await engine.putGroup('t', 'x', { rate: { limit: 1, perMs: 60_000 } });
		await pushMany(engine, 't', 3, { group: 'x' });
		await pushMany(engine, 't', 3, { group: 'y' });
		await engine.pauseGroup('t', 'z', true);
		await pushOne(engine, 't', { group: 'z' });
		const [job] = await take(engine, 't', { max: 2 });
		if (job !== undefined) await settle(engine, job, 'release', { parkMs: 1_000 });
		await take(engine, 't', { max: 5 });
		later(100_000);
		await engine.promote();
	},
	'unique keys that are held, handed on and over': async (engine, later) => {
		const unique = { key: 'k', scope: 'unfinished', onConflict: 'queueBehind' } as const;
		await pushJobs(engine, 't', [{ unique }, { unique, delayMs: 500 }, { unique }]);
		await pushJobs(engine, 't', [
			{ unique: { key: 'l', scope: { windowMs: 1_000 }, onConflict: 'keep' } },
			{ unique: { key: 'm', scope: 'waiting', onConflict: 'replace' } },
		]);
		const jobs = await takeAll(engine, 't');
		await settleEach(engine, jobs, 'complete');
		later(2_000);
		await sweepAll(() => engine.promote());
		await sweepAll(() => engine.prune());
	},
	'jobs that leave from the middle of a lane': async (engine) => {
		const ids = await pushMany(engine, 't', 40);
		await cancel(engine, ids[20] ?? '');
		await engine.deleteJobs(ids.slice(5, 15));
		await engine.deleteJobs(ids.slice(0, 3));
		await engine.retryJobs([ids[20] ?? '']);
		await take(engine, 't', { max: 4 });
	},
	'failures, crashes and what is due later': async (engine, later) => {
		await pushJobs(engine, 't', [{}, { delayMs: 1_000 }, { maxAttempts: 1 }, { ttlMs: 5_000 }, { group: 'x' }]);
		await settle(engine, await takeOne(engine, 't'), 'retry', { delayMs: 500 });
		await settle(engine, await takeOne(engine, 't'), 'kill');
		await take(engine, 't', { leaseMs: 100, max: 5 });
		later(200_000);
		await sweepAll(() => engine.reclaim());
		await sweepAll(() => engine.promote());
	},
	'finished jobs that are let go of, and budgets of bytes': async (engine, later) => {
		await engine.putTopic('t', { completed: { count: 3, ageMs: 10_000 }, waitingBytes: 100_000, finishedBytes: 50 });
		await pushMany(engine, 't', 20);
		await settleEach(engine, await take(engine, 't', { max: 9 }), 'complete');
		await sweepAll(() => engine.prune());
		await settleEach(engine, await take(engine, 't', { max: 2 }), 'kill');
		later(20_000);
		await sweepAll(() => engine.prune());
	},
};

export function doctorTests(subject: GetSubject): void {
	test.each(Object.entries(KINDS))('finds nothing wrong after %s', async (_kind, work) => {
		const { engine, clock } = subject();
		await work(engine, (ms) => clock.advance(ms));
		for (const limit of [1, 7, 500]) {
			expect((await examineAll(engine, 't', { limit })).defects).toEqual([]);
			expect((await examineAll(engine, null, { limit })).defects).toEqual([]);
		}
		expect((await examineAll(engine, 't', { repair: true })).defects).toEqual([]);
	});

	test('an examination changes nothing, nor does a repair where nothing is wrong', async () => {
		const { engine } = subject();
		await pushJobs(engine, 't', [{}, { group: 'x' }, { delayMs: 1_000 }]);
		await take(engine, 't');
		const look = async () => [
			await engine.getTopics(['t']),
			await engine.listJobs({ topic: 't', state: 'waiting', cursor: null, limit: 10 }),
		];
		const before = await look();
		await examineAll(engine, 't');
		await examineAll(engine, 't', { repair: true });
		expect(await look()).toEqual(before);
		expect(await takeAll(engine, 't')).toHaveLength(1);
	});

	test('a topic that there is not is in order', async () => {
		expect(await examineAll(subject().engine, 'none')).toEqual({ examined: 0, defects: [] });
	});
}
