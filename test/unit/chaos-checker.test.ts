import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Last } from '../chaos/asking.ts';
import { type Event, History } from '../chaos/history.ts';
import { tempDir } from '../support/temp.ts';

// A checker that finds nothing in a good history and nothing in a bad one would be green for ever.

type Took = Extract<Event, { e: 'took' }>;

const push: Event = { e: 'push', at: 0, key: 'k', ns: [1, 2] };
const pushed: Event = { e: 'pushed', at: 1, key: 'k', ids: ['a', 'b'], durability: 'fsynced' };
const took = (more: Partial<Took> = {}): Took => ({
	...{ e: 'took', at: 10, worker: 'w1', id: 'a', token: 1, attempt: 1, n: 1, until: 2_010 },
	...more,
});
const settled = (token: number, status = 'ok'): Event => ({
	e: 'settled',
	at: 20,
	worker: 'w1',
	id: 'a',
	token,
	status,
});
const done = (id: string, n: number, state = 'completed'): Last => ({ id, n, state, reason: null });
const GOOD = [push, pushed, took(), settled(1), took({ id: 'b', n: 2 })];
const LAST = [done('a', 1), done('b', 2)];

async function verdictOf(events: Event[], last = LAST) {
	const history = new History(join(tempDir(), 'history.jsonl'));
	for (const event of events) history.add(event);
	await history.close();
	const { byFault, crashedMs, pushes, jobs, redeliveries, ...found } = history.checker.verdict(last);
	const bad = Object.entries(found).filter(([, list]) => list.length > 0);
	return { byFault, crashedMs, pushes, jobs, redeliveries, bad: Object.fromEntries(bad) };
}

test('a good history has nothing against it', async () => {
	expect(await verdictOf(GOOD)).toMatchObject({ pushes: 1, jobs: 2, redeliveries: 0, bad: {} });
});

test.each<[string, Event[], Last[], object]>([
	['a job that is answered as fsynced and not there', GOOD, [done('a', 1)], { lost: ['b'] }],
	['a job that nobody pushed', GOOD, [...LAST, done('c', 9)], { unexpected: ['c'] }],
	['a job that nobody pushed, at a worker', [...GOOD, took({ id: 'c', n: 9 })], LAST, { unexpected: ['c'] }],
	['two jobs for one', GOOD, [...LAST, done('c', 2)], { doubled: [2] }],
	['two jobs for one, at a worker', [...GOOD, took({ id: 'c', n: 2 })], LAST, { doubled: [2] }],
	[
		'two completions',
		[...GOOD, took({ at: 3_000, token: 2 }), settled(2)],
		LAST,
		{ doubleCompletions: ['a'], staleAcceptances: ['a'] },
	],
	[
		'a completion of an older delivery',
		[push, pushed, took(), took({ at: 3_000, token: 2 }), settled(1)],
		LAST,
		{ staleAcceptances: ['a'] },
	],
	[
		'a delivery within the lease of another',
		[push, pushed, took(), took({ at: 1_900, token: 2 })],
		LAST,
		{ overlapping: ['a'] },
	],
	['an accepted outcome that is gone', GOOD, [done('a', 1, 'dead'), done('b', 2)], { undone: ['a'] }],
	['a job that does not end', GOOD, [done('a', 1), done('b', 2, 'active')], { stuck: ['b'] }],
])('%s is found', async (_name, events, last, bad) => {
	expect((await verdictOf(events, last)).bad).toEqual(bad);
});

test('what was answered as safe in memory alone may be lost, and one delivery may be told of twice', async () => {
	const inMemory: Event = { ...pushed, durability: 'memory' } as Event;
	expect((await verdictOf([push, inMemory], [done('a', 1)])).bad).toEqual({ window: ['b'] });
	expect((await verdictOf([...GOOD, took({ at: 50 })])).bad).toEqual({});
});

test('where only what was replicated is kept, that alone may not be lost', async () => {
	const safer: Event = { ...pushed, durability: 'replicated' } as Event;
	for (const [kept, lost] of [
		['replicated', ['c']],
		['fsynced', ['a', 'b']],
	] as const) {
		const history = new History(join(tempDir(), 'history.jsonl'), kept);
		for (const event of [push, pushed, { ...safer, ids: ['c'] }]) history.add(event);
		expect(history.checker.verdict([]).lost).toEqual(lost);
		await history.close();
	}
});

test('redeliveries and the time until a job completes are counted for the fault that they follow', async () => {
	const events: Event[] = [
		push,
		pushed,
		took(),
		{ e: 'fault', at: 5, fault: 'x' },
		{ e: 'healed', at: 15, fault: 'x' },
		took({ at: 3_000, token: 2 }),
		settled(2),
		{ e: 'fault', at: 30, fault: 'y', part: 'store' },
		{ e: 'healed', at: 31, fault: 'y' },
	];
	const { byFault, redeliveries } = await verdictOf(events);
	expect(redeliveries).toBe(1);
	expect(byFault).toEqual({
		x: { times: 1, redeliveries: 1, recoveryMs: [5], part: 'other' },
		y: { times: 1, redeliveries: 0, recoveryMs: [], part: 'store' },
	});
});

test('a lease counts by the clock of its store: one from before a jump may be over at once, one from after it may not', async () => {
	const HOUR = 3_600_000;
	const again = (at: number) => [took({ at, token: 2 }), settled(2)];
	const clock: Event = { e: 'clock', at: 1_000, byMs: HOUR };
	expect((await verdictOf([push, pushed, took(), clock, ...again(1_900)])).bad).toEqual({});
	const toldLate = took({ at: 2_500 });
	expect((await verdictOf([push, pushed, toldLate, { ...clock, at: 2_200 }, ...again(2_100)])).bad).toEqual({});
	const ahead = took({ at: 20_000, until: HOUR + 22_000 });
	expect((await verdictOf([push, pushed, clock, ahead, ...again(22_100)])).bad).toEqual({});
	expect((await verdictOf([push, pushed, clock, ahead, ...again(21_000)])).bad).toEqual({ overlapping: ['a'] });
});

test('jobs of a worker that has ended are counted from its end until they are delivered again', async () => {
	const ended: Event = { e: 'ended', at: 500, worker: 'w1' };
	const { crashedMs } = await verdictOf([...GOOD, ended, took({ id: 'b', n: 2, at: 2_600, token: 2, worker: 'w2' })]);
	expect(crashedMs).toEqual([2_100]);
});
