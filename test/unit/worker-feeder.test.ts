import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Store } from '../../src/client/store.ts';
import { MillraceError } from '../../src/core/errors.ts';
import type { TakenJob } from '../../src/core/job.ts';
import type { Outcome, SettleResult, TakeRequest, Wait } from '../../src/engine/engine.ts';
import { Delivery } from '../../src/worker/delivery.ts';
import { Feeder } from '../../src/worker/feeder.ts';
import { Settler } from '../../src/worker/settler.ts';

interface Call {
	outcomes: string[];
	max: number;
	topics: string[];
	/** Present for a poll. */
	wait?: Wait;
	answer: (...ids: string[]) => void;
	fail: (error: unknown) => void;
}

beforeEach(() => {
	vi.useFakeTimers({ toFake: ['setImmediate', 'setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
	vi.useRealTimers();
});

const job = (id: string) => ({ id, token: 1 }) as TakenJob;
const OK: SettleResult = { status: 'ok', state: 'completed', at: 0 };
/** Lets everything run that is ready to, and what that sets off in later turns of the event loop, each of which takes 1 ms here. */
const turn = () => vi.advanceTimersByTimeAsync(4);

/** A feeder for `slots` jobs over a store whose calls the test answers one by one. */
function scripted({ slots = 10, topics = ['a'], leaseMs = 30_000 } = {}) {
	const calls: Call[] = [];
	const all: Call[] = [];
	const running = new Set<string>();
	const settled: string[] = [];
	const troubles: unknown[] = [];
	const settler = new Settler();
	const ask = (outcomes: Outcome[], request: TakeRequest | null, wait?: Wait) =>
		new Promise<{ settled: SettleResult[]; jobs: TakenJob[] }>((resolve, fail) => {
			const call: Call = {
				outcomes: outcomes.map(({ id }) => id),
				max: request?.max ?? 0,
				topics: request?.topics ?? [],
				...(wait === undefined ? {} : { wait }),
				answer: (...ids) => resolve({ settled: outcomes.map(() => OK), jobs: ids.map(job) }),
				fail,
			};
			calls.push(call);
			all.push(call);
		});
	const store = {
		engine: {
			settle: async (outcomes: Outcome[]) => (await ask(outcomes, null)).settled,
			take: async (request: TakeRequest) => (await ask([], request)).jobs,
			settleAndTake: (outcomes: Outcome[], request: TakeRequest) => ask(outcomes, request),
		},
		takes: { take: async (request: TakeRequest, wait: Wait) => (await ask([], request, wait)).jobs },
		withDelays: async (outcomes: Outcome[]) => outcomes,
	} as unknown as Store;
	const feeder = new Feeder({
		...{ store, topics, leaseMs, settler, name: 'w', marks: false },
		room: () => slots - running.size,
		onJobs: (jobs) => {
			for (const { id } of jobs) running.add(id);
		},
		onSettled: ({ id }) => settled.push(id),
		onTrouble: (error) => troubles.push(error),
	});
	const finish = (...ids: string[]) => {
		for (const id of ids) {
			running.delete(id);
			settler.add(new Delivery(job(id), () => {}), { outcome: 'complete' });
		}
		feeder.wake();
	};
	/** The next call that the feeder has made. */
	const next = async (): Promise<Call> => {
		await turn();
		const call = calls.shift();
		if (call === undefined) throw new Error('The feeder has made no call');
		return call;
	};
	feeder.wake();
	return { feeder, calls, all, running, settled, troubles, settler, finish, next };
}

/** A feeder that has found its topics empty and polls. */
async function polling(options = {}) {
	const setup = scripted(options);
	(await setup.next()).answer();
	return { ...setup, poll: await setup.next() };
}

test('asks for as many jobs as there is room for, and waits for work only once it has found none', async () => {
	const { next, calls } = scripted({ slots: 7 });
	const first = await next();
	expect([first.max, first.wait]).toEqual([7, undefined]);
	first.answer();
	const poll = await next();
	expect([poll.max, poll.wait?.waitMs]).toEqual([7, 10_000]);
	await vi.advanceTimersByTimeAsync(60_000);
	expect(calls).toEqual([]);
});

test('a poll waits for no more than a third of the lease', async () => {
	expect((await polling({ leaseMs: 900 })).poll.wait?.waitMs).toBe(300);
	expect((await polling({ leaseMs: 86_400_000 })).poll.wait?.waitMs).toBe(20_000);
});

test('never asks for more than there is room for, counting what other calls may bring', async () => {
	const { next, calls, finish, running } = scripted({ slots: 3 });
	(await next()).answer('1', '2');
	const second = await next();
	expect(second.max).toBe(1);
	finish('1');
	// One slot became free, and one is spoken for by the call under way.
	const third = await next();
	expect([third.outcomes, third.max]).toEqual([['1'], 1]);
	second.answer('3');
	third.answer('4');
	await turn();
	expect(running).toEqual(new Set(['2', '3', '4']));
	expect(calls).toEqual([]);
});

test('hands in outcomes and fetches jobs in one call; what ends in one turn goes together', async () => {
	const { next, finish, settled } = scripted({ slots: 2 });
	(await next()).answer('1', '2');
	await turn();
	finish('1');
	finish('2');
	const call = await next();
	expect([call.outcomes, call.max]).toEqual([['1', '2'], 2]);
	call.answer();
	await turn();
	expect(settled).toEqual(['1', '2']);
});

test('has two exchanges under way at most', async () => {
	const { next, calls, finish } = scripted({ slots: 4 });
	(await next()).answer('1', '2', '3', '4');
	await turn();
	finish('1');
	const first = await next();
	finish('2');
	await next();
	finish('3');
	finish('4');
	await turn();
	expect(calls).toEqual([]);
	first.answer();
	expect((await next()).outcomes).toEqual(['3', '4']);
});

test('while it polls it hands in outcomes and takes nothing, and never polls twice', async () => {
	const { next, calls, finish, poll, all } = await polling({ slots: 2 });
	poll.answer('1');
	// Found something, so it asks without waiting, finds nothing and polls again.
	(await next()).answer();
	const again = await next();
	expect(again.wait).toBeDefined();
	finish('1');
	const call = await next();
	expect([call.outcomes, call.max, call.wait]).toEqual([['1'], 0, undefined]);
	call.answer();
	await turn();
	expect(calls).toEqual([]);
	expect(all.filter(({ wait }) => wait !== undefined)).toHaveLength(2);
});

test('topics take turns at the front', async () => {
	const { next } = scripted({ slots: 1_000, topics: ['a', 'b', 'c'] });
	const fronts: (string | undefined)[] = [];
	for (let i = 0; i < 4; i++) {
		const call = await next();
		fronts.push(call.topics[0]);
		expect([...call.topics].sort()).toEqual(['a', 'b', 'c']);
		call.answer(String(i));
	}
	expect(fronts).toEqual(['a', 'b', 'c', 'a']);
});

test('outcomes that could not be handed in are tried again, in their order', async () => {
	const { next, finish, settled, troubles } = scripted({ slots: 3 });
	(await next()).answer('1', '2', '3');
	await turn();
	finish('1', '2');
	const failed = await next();
	finish('3');
	const other = await next();
	expect(other.outcomes).toEqual(['3']);
	const away = new MillraceError('UNAVAILABLE', 'away');
	other.fail(away);
	failed.fail(away);
	await vi.advanceTimersByTimeAsync(200);
	const again = await next();
	expect(again.outcomes).toEqual(['1', '2', '3']);
	again.answer();
	await turn();
	expect(settled.sort()).toEqual(['1', '2', '3']);
	expect(troubles).toEqual([away]);
});

test('pauses longer after each failure, up to two seconds, and tells of trouble once', async () => {
	const { next, calls, troubles, feeder } = scripted();
	const pauses: number[] = [];
	for (let i = 0; i < 9; i++) {
		(await next()).fail(new MillraceError('UNAVAILABLE', 'away'));
		await turn();
		const failedAt = performance.now();
		while (calls.length === 0) await vi.advanceTimersByTimeAsync(5);
		pauses.push(performance.now() - failedAt);
	}
	for (const [i, pause] of pauses.entries()) {
		const grown = Math.min(2_000, 50 * 2 ** i);
		expect(pause).toBeGreaterThanOrEqual(grown / 2);
		expect(pause).toBeLessThanOrEqual(grown + 10);
	}
	expect(troubles).toHaveLength(1);
	expect(feeder.sinceContactMs).toBeGreaterThan(5_000);
	(await next()).answer();
	await turn();
	expect(feeder.sinceContactMs).toBeLessThan(50);
	(await next()).fail(new MillraceError('UNAVAILABLE', 'away again'));
	await turn();
	expect(troubles).toHaveLength(2);
});

test('leaves a server alone for as long as it asks for', async () => {
	const { next, calls } = scripted();
	(await next()).fail(new MillraceError('UNAVAILABLE', 'too many requests', { retryAfterMs: 7_000 }));
	await vi.advanceTimersByTimeAsync(6_990);
	expect(calls).toEqual([]);
	await vi.advanceTimersByTimeAsync(20);
	expect(calls).toHaveLength(1);
});

test('after stopTaking it hands in outcomes at once, also during a pause, and fetches nothing', async () => {
	const { next, calls, feeder, finish, poll } = await polling({ slots: 2 });
	poll.answer('1');
	(await next()).fail(new MillraceError('UNAVAILABLE', 'away', { retryAfterMs: 60_000 }));
	finish('1');
	await turn();
	expect(calls).toEqual([]);
	feeder.stopTaking();
	const last = await next();
	expect([last.outcomes, last.max]).toEqual([['1'], 0]);
	last.answer();
	const quiet = feeder.quiet();
	await turn();
	await quiet;
	expect(calls).toEqual([]);
});

test('stopTaking ends the poll, and quiet waits for what the poll brings all the same', async () => {
	const { feeder, poll, running, finish, next } = await polling();
	feeder.stopTaking();
	expect(poll.wait?.signal?.aborted).toBe(true);
	let quiet = false;
	void feeder.quiet().then(() => {
		quiet = true;
	});
	poll.answer('late');
	expect(await turn()).toBeDefined();
	expect(running).toEqual(new Set(['late']));
	finish('late');
	const last = await next();
	expect(last.outcomes).toEqual(['late']);
	last.answer();
	await turn();
	expect(quiet).toBe(true);
});

test('quiet resolves only when every outcome has been handed in', async () => {
	const { feeder, finish, next } = scripted({ slots: 1 });
	(await next()).answer('1');
	await turn();
	feeder.stopTaking();
	finish('1');
	let quiet = false;
	void feeder.quiet().then(() => {
		quiet = true;
	});
	(await next()).fail(new MillraceError('UNAVAILABLE', 'away'));
	await turn();
	expect(quiet).toBe(false);
	await vi.advanceTimersByTimeAsync(100);
	(await next()).answer();
	await turn();
	expect(quiet).toBe(true);
});
