import { expect, test } from 'vitest';
import type { NewJob, TakenJob } from '../../src/core/job.ts';
import type { Engine } from '../../src/engine/engine.ts';
import {
	type GetSubject,
	groupOf,
	idsOf,
	pushJobs,
	pushMany,
	pushOne,
	settleEach,
	take,
	takeAll,
	takeOne,
} from './kit.ts';

/** Sizes of takes that share no pattern with any turn. */
const SIZES = [1, 2, 3, 7, 50, 11, 100, 5, 1_000, 1];

async function pushTo(engine: Engine, group: string | null, count: number, job: Partial<NewJob> = {}): Promise<void> {
	for (let left = count; left > 0; left -= 1_000) {
		await pushMany(engine, 'emails', Math.min(left, 1_000), { group, ...job });
	}
}

/** Takes `count` jobs, in takes of various sizes. */
async function takeCount(engine: Engine, count: number): Promise<TakenJob[]> {
	const taken: TakenJob[] = [];
	for (let n = 0; taken.length < count; n++) {
		const max = Math.min(SIZES[n % SIZES.length] ?? 1, count - taken.length);
		const jobs = await take(engine, 'emails', { max });
		expect(jobs).toHaveLength(max);
		taken.push(...jobs);
	}
	return taken;
}

function countOf(jobs: TakenJob[], group: string | null): number {
	return jobs.filter((job) => job.group === group).length;
}

function expectShare(jobs: TakenJob[], group: string, share: number): void {
	const count = countOf(jobs, group);
	expect(count / jobs.length, `${count} of ${jobs.length} for ${group}`).toBeGreaterThan(share * 0.97);
	expect(count / jobs.length, `${count} of ${jobs.length} for ${group}`).toBeLessThan(share * 1.03);
}

export function fairnessTests(subject: GetSubject): void {
	test('the first weight of a topic counts for the lanes that it lets go back', async () => {
		const { engine } = subject();
		const held = await pushOne(engine, 'emails', { group: 'g' });
		const others = await pushMany(engine, 'emails', 3);
		await engine.pauseGroup('emails', 'g', true);
		expect(idsOf(await take(engine, 'emails', { max: 1 }))).toEqual(others.slice(0, 1));
		await engine.putGroup('emails', 'g', { weight: 100 });
		await engine.pauseGroup('emails', 'g', false);
		// A hundredth of a turn behind the others, instead of a whole one.
		const next = [await take(engine, 'emails', { max: 1 }), await take(engine, 'emails', { max: 1 })];
		expect(next.map(idsOf)).toEqual([others.slice(1, 2), [held]]);
	});

	test('a job of a new group waits two turns at most, behind 10,000 of another', async () => {
		const { engine } = subject();
		await pushTo(engine, 'big', 10_000);
		const first = await pushOne(engine, 'emails', { group: 'small' });
		expect(idsOf(await take(engine, 'emails', { max: 3 }))).toContain(first);
		await take(engine, 'emails', { max: 500 });
		for (const group of ['a', 'z', null]) {
			const later = await pushOne(engine, 'emails', { group });
			expect(idsOf(await take(engine, 'emails', { max: 3 }))).toContain(later);
		}
	});

	test('with weights of 3 and 1 two groups with a backlog share 3 to 1, whatever the sizes of the takes', async () => {
		const { engine } = subject();
		await engine.putGroup('emails', 'three', { weight: 3 });
		await pushTo(engine, 'one', 2_700);
		await pushTo(engine, 'three', 7_700);
		const taken = await takeCount(engine, 10_000);
		expectShare(taken, 'three', 0.75);
		expectShare(taken, 'one', 0.25);
		// And so at any time between.
		for (let from = 0; from < 10_000; from += 400) expectShare(taken.slice(from, from + 400), 'three', 0.75);
	}, 120_000);

	test('many groups of many weights each get their share', async () => {
		const { engine } = subject();
		const weights = { w1: 1, w2: 2, w7: 7, w10: 10, w30: 30 };
		for (const [group, weight] of Object.entries(weights)) {
			await engine.putGroup('emails', group, { weight });
			await pushTo(engine, group, Math.ceil(weight * 42));
		}
		const taken = await takeCount(engine, 2_000);
		for (const [group, weight] of Object.entries(weights)) expectShare(taken, group, weight / 50);
	});

	test('the jobs without a group are served like a group of weight 1', async () => {
		const { engine } = subject();
		await engine.putGroup('emails', 'four', { weight: 4 });
		await pushTo(engine, 'four', 1_000);
		await pushTo(engine, null, 250);
		expectShare(await takeCount(engine, 1_000), 'four', 0.8);
	});

	test('what a group does not use goes to those that have work', async () => {
		const { engine } = subject();
		await engine.putGroup('emails', 'heavy', { weight: 100 });
		await pushTo(engine, 'heavy', 5);
		await pushTo(engine, 'light', 50);
		const taken = await takeAll(engine, 'emails', { max: 10 });
		expect(taken).toHaveLength(55);
		expect(countOf(taken.slice(0, 7), 'heavy')).toBe(5);
	});

	test('a group that was away has saved up nothing', async () => {
		const { engine } = subject();
		await pushTo(engine, 'steady', 1_000);
		await take(engine, 'emails', { max: 600 });
		await pushTo(engine, 'back', 100);
		const taken = await take(engine, 'emails', { max: 40 });
		expect(countOf(taken, 'steady')).toBeGreaterThanOrEqual(20);
		expect(countOf(taken, 'back')).toBeGreaterThanOrEqual(19);
	});

	test('a weight can be changed while jobs wait, and be taken away again', async () => {
		const { engine } = subject();
		await pushTo(engine, 'a', 1_000);
		await pushTo(engine, 'b', 1_000);
		expectShare(await takeCount(engine, 200), 'a', 0.5);
		expect(await engine.putGroup('emails', 'a', { weight: 3 })).toEqual({ weight: 3 });
		expectShare(await takeCount(engine, 400), 'a', 0.75);
		expect(await engine.putGroup('emails', 'a', { weight: null })).toEqual({});
		expectShare(await takeCount(engine, 200), 'a', 0.5);
	});

	test('a batch gives the same order as single takes, with weights and limits too', async () => {
		const { engine } = subject();
		const orders: number[][] = [];
		for (const [topic, max] of [
			['one', 1],
			['three', 3],
			['all', 1_000],
		] as const) {
			await engine.putTopic(topic, { groups: { concurrency: 9 } });
			await engine.putGroup(topic, 'b', { weight: 4 });
			await engine.putGroup(topic, 'c', { concurrency: 2 });
			const ids: string[] = [];
			for (const group of ['a', 'b', null, 'c']) ids.push(...(await pushMany(engine, topic, 12, { group })));
			orders.push(idsOf(await takeAll(engine, topic, { max })).map((id) => ids.indexOf(id)));
		}
		expect(orders[0]).toHaveLength(9 + 9 + 12 + 2);
		expect(orders).toEqual(orders.map(() => orders[0]));
	});

	test('a group that comes back from a limit waits for one turn', async () => {
		const { engine } = subject();
		await engine.putGroup('emails', 'a', { concurrency: 1 });
		await pushTo(engine, 'b', 20);
		await pushTo(engine, 'a', 5);
		const taken = await take(engine, 'emails', { max: 10 });
		expect(countOf(taken, 'a')).toBe(1);
		await settleEach(
			engine,
			taken.filter(({ group }) => group === 'a'),
			'complete',
		);
		expect(countOf(await take(engine, 'emails', { max: 3 }), 'a')).toBe(1);
	});

	test('5,000 groups take turns', async () => {
		const { engine } = subject();
		const groups = Array.from({ length: 5_000 }, (_, n) => `tenant ${String(n).padStart(4, '0')}`);
		for (let from = 0; from < groups.length; from += 1_000) {
			const some = groups.slice(from, from + 1_000).map((group) => ({ group }));
			await pushJobs(engine, 'emails', some);
		}
		await pushMany(engine, 'emails', 10, { group: 'tenant 4999' });
		const taken = [...(await take(engine, 'emails', { max: 990 })), await takeOne(engine, 'emails')];
		expect(taken.map(({ group }) => group)).toEqual(groups.slice(0, 991));
		expect(await groupOf(engine, 'emails', 'tenant 4999')).toMatchObject({ waiting: 11, active: 0 });
	}, 120_000);
}
