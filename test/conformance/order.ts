import { expect, test } from 'vitest';
import type { Job, NewJob } from '../../src/core/job.ts';
import { START } from '../support/clock.ts';
import {
	type GetSubject,
	idsOf,
	listAll,
	pushJobs,
	pushMany,
	pushOne,
	settle,
	sweepAll,
	take,
	takeAll,
	takeOne,
} from './kit.ts';

/** Three priorities and three groups with uneven backlogs. */
function mixedJobs(): Partial<NewJob>[] {
	const groups = [null, 'a', 'b', 'a', 'a', null, 'c', 'a', 'b', null];
	return [0, 5, -3].flatMap((priority) => groups.map((group) => ({ priority, group })));
}

export function orderTests(subject: GetSubject): void {
	test('jobs are taken in the order of their pushes', async () => {
		const { engine, clock } = subject();
		const pushed = await pushMany(engine, 'emails', 3);
		clock.advance(5);
		pushed.push(await pushOne(engine, 'emails'));
		clock.advance(-1_000);
		pushed.push(await pushOne(engine, 'emails'));
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual(pushed);
	});

	test('a higher priority goes first, whenever it was pushed', async () => {
		const { engine } = subject();
		const [zero = '', low = '', high = '', higher = '', again = ''] = await pushJobs(engine, 'emails', [
			{ priority: 0 },
			{ priority: -1_000 },
			{ priority: 9 },
			{ priority: 1_000 },
			{ priority: 9 },
		]);
		expect(idsOf(await takeAll(engine, 'emails', { max: 2 }))).toEqual([higher, high, again, zero, low]);
	});

	test('groups take turns, whatever their backlog', async () => {
		const { engine } = subject();
		const big = await pushMany(engine, 'emails', 4, { group: 'big' });
		const small = await pushMany(engine, 'emails', 2, { group: 'small' });
		const none = await pushMany(engine, 'emails', 1);
		// A lane that is new waits one turn; after it equal times go by name.
		const expected = [big[0], none[0], big[1], small[0], big[2], small[1], big[3]];
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual(expected);
	});

	test('a group keeps its place in the ring between takes', async () => {
		const { engine } = subject();
		const [a1, a2, a3] = await pushMany(engine, 'emails', 3, { group: 'a' });
		const [b1, b2] = await pushMany(engine, 'emails', 2, { group: 'b' });
		expect(idsOf(await take(engine, 'emails'))).toEqual([a1]);
		const [c1] = await pushMany(engine, 'emails', 1, { group: 'c' });
		expect(idsOf(await takeAll(engine, 'emails', { max: 2 }))).toEqual([a2, b1, a3, b2, c1]);
	});

	test('a lane that was empty waits one turn when it enters its ring again', async () => {
		const { engine } = subject();
		const [a1] = await pushMany(engine, 'emails', 1, { group: 'a' });
		const [b1, b2] = await pushMany(engine, 'emails', 2, { group: 'b' });
		expect(idsOf(await take(engine, 'emails'))).toEqual([a1]);
		const [a2, a3] = await pushMany(engine, 'emails', 2, { group: 'a' });
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([b1, a2, b2, a3]);
	});

	test('each priority has a ring of its own', async () => {
		const { engine } = subject();
		const [low1, low2] = await pushMany(engine, 'emails', 2, { group: 'a' });
		const [other] = await pushMany(engine, 'emails', 1, { group: 'b' });
		expect(idsOf(await take(engine, 'emails'))).toEqual([low1]);
		const [high1, high2] = await pushMany(engine, 'emails', 2, { group: 'a', priority: 1 });
		const [high3] = await pushMany(engine, 'emails', 1, { group: 'b', priority: 1 });
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([high1, high2, high3, low2, other]);
	});

	test('a batch gives the same order as single takes, and so does every size between', async () => {
		const { engine } = subject();
		const orders: number[][] = [];
		for (const [topic, max] of [
			['one', 1],
			['two', 2],
			['seven', 7],
			['all', 1_000],
		] as const) {
			const ids = await pushJobs(engine, topic, mixedJobs());
			orders.push((await takeAll(engine, topic, { max })).map(({ id }) => ids.indexOf(id)));
		}
		expect(orders[0]).toHaveLength(30);
		expect(orders).toEqual(orders.map(() => orders[0]));
	});

	test('a thousand groups take turns, and can be released and taken again', async () => {
		const { engine } = subject();
		const groups = Array.from({ length: 1_000 }, (_, n) => ({ group: `tenant ${n}` }));
		const first = await pushJobs(engine, 'emails', groups);
		const second = await pushJobs(engine, 'emails', groups);
		const byName = groups.map((_, n) => n).sort((a, b) => (`${a}` < `${b}` ? -1 : 1));
		// All but the first lane wait one turn, in which the first one is served twice.
		const [zero, ...others] = byName.map((n) => first[n] ?? '');
		const taken = await take(engine, 'emails', { max: 1_000 });
		expect(idsOf(taken)).toEqual([zero, second[0], ...others.slice(0, -1)]);
		await engine.settle(taken.map(({ id, token }) => ({ id, token, outcome: 'release' })));
		const all = idsOf(await takeAll(engine, 'emails'));
		expect(all.filter((id) => first.includes(id)).sort()).toEqual([...first].sort());
		for (const n of byName) expect(all.indexOf(first[n] ?? '')).toBeLessThan(all.indexOf(second[n] ?? ''));
	});

	test('a released batch stands at the head as it stood', async () => {
		const { engine } = subject();
		const ids = await pushMany(engine, 'emails', 5);
		const [a, b, c] = await take(engine, 'emails', { max: 3 });
		if (a === undefined || b === undefined || c === undefined) throw new Error('Expected three jobs');
		const outcomes = [b, c, a].map(({ id, token }) => ({ id, token, outcome: 'release' as const }));
		await engine.settle(outcomes);
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual(ids);
	});

	test('a released batch of several groups and priorities stands in each lane as it stood', async () => {
		const { engine } = subject();
		const ids = await pushJobs(engine, 'emails', mixedJobs());
		const lane = ({ priority, group }: Job) => `${priority} ${group}`;
		const byLane = (jobs: Job[]) => idsOf([...jobs].sort((x, y) => lane(x).localeCompare(lane(y))));
		const before = await listAll(engine, 'emails', 'waiting');
		const taken = await take(engine, 'emails', { max: 17 });
		await engine.settle(taken.map(({ id, token }) => ({ id, token, outcome: 'release' })));
		const after = await listAll(engine, 'emails', 'waiting');
		expect(byLane(after)).toEqual(byLane(before));
		expect(idsOf(after).sort()).toEqual(ids.sort());
	});

	test('a job released later stands before one released earlier', async () => {
		const { engine } = subject();
		const [first, second, third] = await pushMany(engine, 'emails', 3);
		const [a, b] = await take(engine, 'emails', { max: 2 });
		if (a === undefined || b === undefined) throw new Error('Expected two jobs');
		await settle(engine, a, 'release');
		await settle(engine, b, 'release');
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([second, first, third]);
	});

	test('jobs that become due together are promoted by due time, then id', async () => {
		const { engine, clock } = subject();
		const [late = '', a = '', early = '', b = ''] = await pushJobs(engine, 'emails', [
			{ delayMs: 300 },
			{ runAt: START + 200 },
			{ delayMs: 100 },
			{ delayMs: 200 },
		]);
		clock.advance(1_000);
		await sweepAll(() => engine.promote());
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([early, a, b, late]);
	});

	test('expired leases are reclaimed by expiry, then id', async () => {
		const { engine, clock } = subject();
		const [a, b, c, d] = await pushMany(engine, 'emails', 4);
		const waiting = await pushMany(engine, 'emails', 1);
		await take(engine, 'emails', { leaseMs: 900 });
		await take(engine, 'emails', { leaseMs: 400, max: 2 });
		await take(engine, 'emails', { leaseMs: 200 });
		clock.advance(1_000);
		await sweepAll(() => engine.reclaim());
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([...waiting, d, b, c, a]);
	});

	test('a retried job keeps its priority and its group', async () => {
		const { engine } = subject();
		const job = await pushOne(engine, 'emails', { priority: 3, group: 'g' });
		await pushMany(engine, 'emails', 2);
		await settle(engine, await takeOne(engine, 'emails'), 'retry');
		expect(await takeOne(engine, 'emails')).toMatchObject({ id: job, priority: 3, group: 'g', attempt: 2 });
	});
}
