import { expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { DEFAULT_RETENTION, type Retention } from '../../src/core/settings.ts';
import type { Engine } from '../../src/engine/engine.ts';
import {
	finishOne,
	type GetSubject,
	idsOf,
	LEASE_MS,
	listAll,
	pushMany,
	pushOne,
	settle,
	sum,
	sweepAll,
	take,
	takeAll,
	takeOne,
} from './kit.ts';

const HOUR = 3_600_000;

async function keep(engine: Engine, kind: 'completed' | 'dead', retention: Partial<Retention>): Promise<void> {
	await engine.putTopic('emails', { [kind]: { count: 1_000, ageMs: HOUR, ...retention } });
}

async function settleAll(engine: Engine, outcome: 'complete' | 'kill'): Promise<string[]> {
	const jobs = await take(engine, 'emails', { max: 1_000 });
	await engine.settle(jobs.map(({ id, token }) => ({ id, token, outcome })));
	return idsOf(jobs);
}

export function retentionTests(subject: GetSubject): void {
	const kinds = [
		['completed', 'complete'],
		['dead', 'kill'],
	] as const;

	for (const [state, outcome] of kinds) {
		test(`${state} jobs are kept up to the count, the newest of them`, async () => {
			const { engine, clock } = subject();
			await keep(engine, state, { count: 3 });
			const ids: string[] = [];
			for (let n = 0; n < 5; n++) {
				ids.push(await finishOne(engine, 'emails', outcome));
				clock.advance(1);
			}
			expect(idsOf(await listAll(engine, 'emails', state))).toEqual(ids.slice(2).reverse());
			expect(await engine.getJobs(ids.slice(0, 2))).toEqual([null, null]);
		});

		test(`${state} jobs that finish together are let go by id`, async () => {
			const { engine } = subject();
			await keep(engine, state, { count: 3 });
			const ids = await pushMany(engine, 'emails', 8);
			await settleAll(engine, outcome);
			expect(idsOf(await listAll(engine, 'emails', state))).toEqual(ids.slice(5).reverse());
		});

		test(`with a count of 0 a ${state} job leaves at once`, async () => {
			const { engine } = subject();
			await keep(engine, state, { count: 0 });
			const id = await pushOne(engine, 'emails');
			const job = await takeOne(engine, 'emails');
			expect(await settle(engine, job, outcome)).toMatchObject({ status: 'ok', state });
			expect(await engine.getJobs([id])).toEqual([null]);
			expect(await settle(engine, job, outcome)).toEqual({ status: 'missing' });
			const [topic] = await engine.getTopics(['emails']);
			expect(topic?.counts[state]).toBe(0);
		});

		test(`a settle that finishes k ${state} jobs lets go of 2k above a lowered count, and prune of the rest`, async () => {
			const { engine, clock } = subject();
			const old = await pushMany(engine, 'emails', 10);
			await settleAll(engine, outcome);
			await keep(engine, state, { count: 2 });
			expect(await listAll(engine, 'emails', state)).toHaveLength(10);
			clock.advance(1);
			const [one, two] = [await finishOne(engine, 'emails', outcome), await finishOne(engine, 'emails', outcome)];
			const left = idsOf(await listAll(engine, 'emails', state));
			expect(left).toEqual([two, one, ...old.slice(4).reverse()]);
			expect(sum(await sweepAll(() => engine.prune()))).toBe(6);
			expect(idsOf(await listAll(engine, 'emails', state))).toEqual([two, one]);
		});

		test(`${state} jobs are pruned at their age, by the time they finished`, async () => {
			const { engine, clock } = subject();
			await keep(engine, state, { ageMs: 500 });
			const slow = await pushOne(engine, 'emails');
			const job = await takeOne(engine, 'emails');
			const first = await finishOne(engine, 'emails', outcome);
			clock.advance(200);
			await settle(engine, job, outcome);
			clock.advance(299);
			expect((await engine.prune()).count).toBe(0);
			clock.advance(1);
			expect((await engine.prune()).count).toBe(1);
			expect(await engine.getJobs([first])).toEqual([null]);
			expect(idsOf(await listAll(engine, 'emails', state))).toEqual([slow]);
			clock.advance(200);
			expect(sum(await sweepAll(() => engine.prune()))).toBe(1);
			expect(await listAll(engine, 'emails', state)).toEqual([]);
		});
	}

	test('without settings the defaults hold', async () => {
		const { engine, clock } = subject();
		const { completed, dead } = DEFAULT_RETENTION;
		await pushMany(engine, 'emails', 1_000);
		await settleAll(engine, 'complete');
		const last = await finishOne(engine, 'emails', 'complete');
		const killed = await finishOne(engine, 'emails', 'kill');
		const kept = idsOf(await listAll(engine, 'emails', 'completed'));
		expect(kept).toHaveLength(completed.count);
		expect(kept[0]).toBe(last);
		clock.advance(completed.ageMs);
		await sweepAll(() => engine.prune());
		expect(await listAll(engine, 'emails', 'completed')).toEqual([]);
		clock.advance(dead.ageMs - completed.ageMs - 1);
		await sweepAll(() => engine.prune());
		expect(idsOf(await listAll(engine, 'emails', 'dead'))).toEqual([killed]);
		clock.advance(1);
		await sweepAll(() => engine.prune());
		expect(await listAll(engine, 'emails', 'dead')).toEqual([]);
	});

	test('completed and dead are kept apart', async () => {
		const { engine } = subject();
		await keep(engine, 'completed', { count: 0 });
		const dead = await finishOne(engine, 'emails', 'kill');
		await finishOne(engine, 'emails', 'complete');
		expect(idsOf(await listAll(engine, 'emails', 'dead'))).toEqual([dead]);
	});

	test('topics are kept apart', async () => {
		const { engine, clock } = subject();
		await keep(engine, 'completed', { count: 1, ageMs: 10 });
		const other = [await finishOne(engine, 'other', 'complete'), await finishOne(engine, 'other', 'complete')];
		await finishOne(engine, 'emails', 'complete');
		clock.advance(10);
		expect(sum(await sweepAll(() => engine.prune()))).toBe(1);
		expect(idsOf(await listAll(engine, 'other', 'completed')).sort()).toEqual(other);
	});

	test('a reclaim that makes jobs dead trims as a settle does', async () => {
		const { engine, clock } = subject();
		await keep(engine, 'dead', { count: 2 });
		const ids = await pushMany(engine, 'emails', 5, { maxAttempts: 1 });
		await takeAll(engine, 'emails');
		clock.advance(LEASE_MS);
		await sweepAll(() => engine.reclaim());
		expect(idsOf(await listAll(engine, 'emails', 'dead'))).toEqual(ids.slice(3).reverse());
	});

	test('a prune is bounded, and in the end it has pruned all that is old', async () => {
		const { engine, clock } = subject();
		await keep(engine, 'completed', { count: 1_000, ageMs: 100 });
		await pushMany(engine, 'emails', 2 * LIMITS.sweep + 50);
		await settleAll(engine, 'complete');
		clock.advance(100);
		const counts = await sweepAll(() => engine.prune());
		expect(counts.length).toBeGreaterThan(1);
		expect(sum(counts)).toBe(2 * LIMITS.sweep + 50);
		expect(await listAll(engine, 'emails', 'completed')).toEqual([]);
	});

	test('jobs that have not finished are never pruned', async () => {
		const { engine, clock } = subject();
		const waiting = await pushOne(engine, 'emails');
		const delayed = await pushOne(engine, 'emails', { delayMs: HOUR });
		const active = await pushOne(engine, 'emails', { priority: 1 });
		await takeOne(engine, 'emails', { leaseMs: HOUR });
		clock.advance(10 * DEFAULT_RETENTION.dead.ageMs);
		expect(sum(await sweepAll(() => engine.prune()))).toBe(0);
		const states = (await engine.getJobs([waiting, delayed, active])).map((job) => job?.state);
		expect(states).toEqual(['waiting', 'delayed', 'active']);
	});

	test('with nothing finished a prune has nothing to do', async () => {
		const { engine } = subject();
		await pushOne(engine, 'emails');
		expect(await engine.prune()).toMatchObject({ count: 0, more: false });
	});
}
