import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import type { NewJob, TakenJob } from '../../src/core/job.ts';
import type { Rate } from '../../src/core/rate.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { START, type TestClock } from '../support/clock.ts';
import {
	explain,
	type GetSubject,
	idsOf,
	pushJobs,
	pushMany,
	pushOne,
	settleEach,
	take,
	takeAll,
	takeOne,
} from './kit.ts';

/** Longer than any test takes: only the tests' clock is to move the window. */
const PER_MS = 640_000;

interface Started {
	at: number;
	cost: number;
}

/** Most that started in any window of this length. A window that begins with a start holds the most. */
function fullest(starts: Started[], windowMs: number): number {
	const within = ({ at: from }: Started) => starts.filter(({ at }) => at >= from && at < from + windowMs);
	return Math.max(0, ...starts.map((start) => within(start).reduce((sum, { cost }) => sum + cost, 0)));
}

/** Lets jobs arrive and be taken as the arrivals say; returns when each started. */
async function run(engine: Engine, clock: TestClock, arrivals: { afterMs: number; job: Partial<NewJob> }[], max = 7) {
	const starts: Started[] = [];
	const costs = new Map<string, number>();
	for (const { afterMs, job } of arrivals) {
		clock.advance(afterMs);
		costs.set(await pushOne(engine, 'emails', job), job.cost ?? 1);
		const taken = await take(engine, 'emails', { max });
		starts.push(...taken.map(({ id }) => ({ at: clock(), cost: costs.get(id) ?? 0 })));
		await settleEach(engine, taken, 'complete');
	}
	return starts;
}

const RATES: Record<string, Rate> = {
	'5 at once': { limit: 5, perMs: PER_MS },
	'12, by 4 at once': { limit: 12, perMs: PER_MS, burst: 4 },
	'one by one': { limit: 8, perMs: PER_MS, burst: 1 },
	'100, in slots of time': { limit: 100, perMs: PER_MS },
};

export function ratesTests(subject: GetSubject): void {
	for (const [what, rate] of Object.entries(RATES)) {
		test(`no window holds more starts than the rate allows, however jobs arrive: ${what}`, async () => {
			const { engine, clock } = subject();
			await engine.putTopic('emails', { rate });
			const meanMs = PER_MS / rate.limit / 2;
			const arrival = fc.record({
				afterMs: fc.oneof(fc.constant(0), fc.nat(Math.round(meanMs)), fc.nat(Math.round(6 * meanMs))),
				job: fc.record({ cost: fc.constantFrom(1, 1, 1, 2, 3) }, { requiredKeys: [] }),
			});
			const bounds = { minLength: 300, maxLength: 300 };
			const [arrivals = []] = fc.sample(fc.array(arrival, bounds), { seed: inject('seed'), numRuns: 1 });
			const starts = await run(engine, clock, arrivals);
			expect(starts.length).toBeGreaterThan(50);
			const { limit, perMs, burst = limit } = rate;
			// No start counts more than what may start at once.
			const counted = starts.map(({ at, cost }) => ({ at, cost: Math.min(cost, burst) }));
			expect(fullest(counted, perMs)).toBeLessThanOrEqual(limit);
			expect(fullest(counted, perMs / Math.floor(limit / burst))).toBeLessThanOrEqual(burst);
		});

		test(`of what the rate allows at least 95 % is used while there is work: ${what}`, async () => {
			const { engine, clock } = subject();
			await engine.putTopic('emails', { groups: { rate } });
			await pushMany(engine, 'emails', 7 * rate.limit, { group: 'g' });
			const starts: Started[] = [];
			const until = clock() + 5 * PER_MS;
			while (clock() < until) {
				const taken = await take(engine, 'emails', { max: 1_000 });
				starts.push(...taken.map(() => ({ at: clock(), cost: 1 })));
				clock.advance(PER_MS / 640);
			}
			expect(starts.length).toBeGreaterThanOrEqual(0.95 * 5 * rate.limit);
			expect(fullest(starts, PER_MS)).toBeLessThanOrEqual(rate.limit);
		});
	}

	test('after a quiet time the whole limit may start at once, and no more', async () => {
		const { engine, clock } = subject();
		await engine.putTopic('emails', { rate: { limit: 4, perMs: PER_MS } });
		await pushMany(engine, 'emails', 20);
		expect(await takeAll(engine, 'emails')).toHaveLength(4);
		clock.advance(50 * PER_MS);
		expect(await takeAll(engine, 'emails')).toHaveLength(4);
	});

	test('a start counts for exactly its window', async () => {
		const { engine, clock } = subject();
		await engine.putGroup('emails', 'g', { rate: { limit: 1, perMs: PER_MS } });
		const [, second = '', third] = await pushMany(engine, 'emails', 3, { group: 'g' });
		await takeOne(engine, 'emails');
		clock.advance(PER_MS - 1);
		expect(await take(engine, 'emails')).toEqual([]);
		expect(await explain(engine, second)).toMatchObject({
			next: false,
			reasons: [{ code: 'group_rate', group: 'g', opensAt: START + PER_MS }],
		});
		clock.advance(1);
		expect(idsOf(await take(engine, 'emails'))).toEqual([second]);
		clock.advance(PER_MS);
		expect(idsOf(await take(engine, 'emails'))).toEqual([third]);
	});

	test('the rate of the groups holds for each of them, unless a group has its own', async () => {
		const { engine } = subject();
		await engine.putTopic('emails', { groups: { rate: { limit: 2, perMs: PER_MS } } });
		await engine.putGroup('emails', 'b', { rate: { limit: 3, perMs: PER_MS } });
		for (const group of ['a', 'b', 'c', null]) await pushMany(engine, 'emails', 5, { group });
		const taken = await takeAll(engine, 'emails');
		const count = (group: string | null) => taken.filter((job) => job.group === group).length;
		expect(['a', 'b', 'c', null].map(count)).toEqual([2, 3, 2, 5]);
	});

	test('a rate counts starts, however they end, and also those of jobs that are tried again', async () => {
		const { engine } = subject();
		await engine.putTopic('emails', { rate: { limit: 3, perMs: PER_MS } });
		await pushMany(engine, 'emails', 2);
		for (const outcome of ['retry', 'release', 'complete'] as const) {
			await settleEach(engine, [await takeOne(engine, 'emails')], outcome);
		}
		expect(await take(engine, 'emails')).toEqual([]);
	});

	test('a start counts with its cost; a cost above the limit counts as the limit', async () => {
		const { engine, clock } = subject();
		await engine.putTopic('emails', { rate: { limit: 10, perMs: PER_MS } });
		const costs = [4, 4, 4, 1_000, 1];
		const ids = await pushJobs(
			engine,
			'emails',
			costs.map((cost) => ({ cost })),
		);
		const rounds: string[][] = [];
		for (let n = 0; n < 4; n++) {
			rounds.push(idsOf(await takeAll(engine, 'emails')));
			clock.advance(PER_MS);
		}
		expect(rounds).toEqual([ids.slice(0, 2), ids.slice(2, 3), ids.slice(3, 4), ids.slice(4)]);
	});

	test('a group over its rate does not hold up the others; a topic over its rate holds up all', async () => {
		const { engine } = subject();
		await engine.putGroup('emails', 'a', { rate: { limit: 1, perMs: PER_MS } });
		await pushMany(engine, 'emails', 5, { group: 'a', priority: 3 });
		await pushMany(engine, 'emails', 5, { group: 'b' });
		expect((await take(engine, 'emails', { max: 4 })).map(({ group }) => group)).toEqual(['a', 'b', 'b', 'b']);
		await engine.putTopic('emails', { rate: { limit: 1, perMs: PER_MS } });
		expect(await takeAll(engine, 'emails')).toHaveLength(1);
	});

	test('a job that may start now is not kept waiting by a dearer one that was before it and is gone', async () => {
		const { engine } = subject();
		await engine.putGroup('emails', 'g', { rate: { limit: 10, perMs: PER_MS } });
		const [first = '', dear = '', cheap] = await pushJobs(engine, 'emails', [
			{ group: 'g', cost: 8 },
			{ group: 'g', cost: 8 },
			{ group: 'g', cost: 2 },
		]);
		expect(idsOf(await take(engine, 'emails', { max: 5 }))).toEqual([first]);
		await engine.deleteJobs([dear]);
		expect(idsOf(await take(engine, 'emails', { max: 5 }))).toEqual([cheap]);
	});

	for (const [before, cheap, dear] of [
		['before', 1, 0],
		['after', 0, 1],
	] as const) {
		test(`a lane gives its job as soon as the rate allows it, looked at ${before} a dearer one of its group`, async () => {
			const { engine, clock } = subject();
			await engine.putGroup('emails', 'g', { rate: { limit: 10, perMs: PER_MS } });
			for (const cost of [6, 4]) {
				await pushOne(engine, 'emails', { group: 'g', cost });
				await takeOne(engine, 'emails');
				clock.advance(1_000);
			}
			// The cheap one waits for the first of the two starts to be over, the dear one for both.
			const first = await pushOne(engine, 'emails', { group: 'g', cost: 2, priority: cheap });
			const last = await pushOne(engine, 'emails', { group: 'g', cost: 9, priority: dear });
			expect(await take(engine, 'emails', { max: 9 })).toEqual([]);
			clock.advance(PER_MS - 2_000);
			expect(idsOf(await take(engine, 'emails', { max: 9 }))).toEqual([first]);
			clock.advance(PER_MS);
			expect(idsOf(await take(engine, 'emails', { max: 9 }))).toEqual([last]);
		});
	}

	test('a rate can be changed and taken away while jobs wait for it', async () => {
		const { engine } = subject();
		await engine.putGroup('emails', 'g', { rate: { limit: 2, perMs: PER_MS } });
		await pushMany(engine, 'emails', 20, { group: 'g' });
		expect(await takeAll(engine, 'emails')).toHaveLength(2);
		await engine.putGroup('emails', 'g', { rate: { limit: 5, perMs: PER_MS } });
		expect(await takeAll(engine, 'emails')).toHaveLength(3);
		await engine.putGroup('emails', 'g', { rate: null });
		expect(await takeAll(engine, 'emails')).toHaveLength(15);
	});

	test('several engines on one store share its rate', async ({ skip }) => {
		const { engine, openAnother } = subject();
		skip(!engine.supports.sharing, 'one engine owns the store');
		const engines = [engine, await openAnother(), await openAnother()];
		await engine.putTopic('emails', { rate: { limit: 7, perMs: PER_MS } });
		await pushMany(engine, 'emails', 60);
		const takes = Array.from({ length: 30 }, (_, n) => take(engines[n % 3] ?? engine, 'emails', { max: 2 }));
		const taken: TakenJob[] = (await Promise.all(takes)).flat();
		expect(taken).toHaveLength(7);
	});
}
