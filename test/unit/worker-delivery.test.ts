import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TakenJob } from '../../src/core/job.ts';
import { Collector } from '../../src/worker/collector.ts';
import { Delivery } from '../../src/worker/delivery.ts';
import type { Ending } from '../../src/worker/outcomes.ts';
import type { Registration } from '../../src/worker/registration.ts';
import { Settler } from '../../src/worker/settler.ts';

function delivery(id = 'emails:1', token = 1) {
	const endings: (Ending | null)[] = [];
	const made = new Delivery({ id, token } as TakenJob, (_, ending) => endings.push(ending));
	return { made, endings };
}

describe('a delivery', () => {
	test('ends once: what comes first wins', () => {
		const { made, endings } = delivery();
		made.end({ outcome: 'complete' });
		made.end({ outcome: 'retry' });
		made.lose(new Error('too late'));
		expect(endings).toEqual([{ outcome: 'complete' }]);
		expect(made.isOver).toBe(true);
		expect(made.signal.aborted).toBe(false);
	});

	test('that is lost fires its signal with the reason, and an outcome that comes later is dropped', () => {
		const { made, endings } = delivery();
		const why = new Error('lost');
		made.lose(why);
		made.end({ outcome: 'complete' });
		expect(endings).toEqual([null]);
		expect(made.signal.reason).toBe(why);
	});

	test('is over before its signal fires, so that a handler that reacts at once changes nothing', () => {
		const { made, endings } = delivery();
		made.signal.addEventListener('abort', () => made.end({ outcome: 'complete' }));
		made.end({ outcome: 'release' }, new Error('shutdown'));
		expect(endings).toEqual([{ outcome: 'release' }]);
	});
});

describe('a timer of a delivery', () => {
	beforeEach(() => {
		vi.useFakeTimers();
	});
	afterEach(() => {
		vi.useRealTimers();
	});

	test('goes off once, and never when the delivery is over', () => {
		const fired: string[] = [];
		const { made } = delivery();
		made.after(100, () => fired.push('early'));
		made.after(200, () => fired.push('late'));
		vi.advanceTimersByTime(150);
		made.end({ outcome: 'complete' });
		made.after(1, () => fired.push('after the end'));
		vi.advanceTimersByTime(1_000);
		expect(fired).toEqual(['early']);
		expect(vi.getTimerCount()).toBe(0);
	});

	test('of more than a timer can wait does not go off at once', () => {
		const fired: string[] = [];
		const { made } = delivery();
		for (const ms of [2 ** 31, Number.POSITIVE_INFINITY]) made.after(ms, () => fired.push('at once'));
		vi.advanceTimersByTime(1_000);
		expect(fired).toEqual([]);
	});
});

describe('a collector', () => {
	beforeEach(() => {
		vi.useFakeTimers();
	});
	afterEach(() => {
		vi.useRealTimers();
	});

	function collector(size: number, maxWaitMs: number) {
		const runs: string[][] = [];
		const registration: Registration = { topic: 'emails', size, maxWaitMs, timeoutMs: null, run: async () => {} };
		const made = new Collector(registration, (deliveries) => runs.push(deliveries.map(({ job }) => job.id)));
		const some = (...ids: string[]) => ids.map((id) => delivery(id).made);
		return { made, runs, some };
	}

	test('runs full batches at once, and without a wait what is left as well', () => {
		const { made, runs, some } = collector(2, 0);
		made.add(some('a', 'b', 'c', 'd', 'e'));
		expect(runs).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
	});

	test('lets a part of a batch wait for others, counted from the first', () => {
		const { made, runs, some } = collector(3, 100);
		made.add(some('a'));
		vi.advanceTimersByTime(60);
		made.add(some('b'));
		expect(runs).toEqual([]);
		vi.advanceTimersByTime(40);
		expect(runs).toEqual([['a', 'b']]);
		vi.advanceTimersByTime(1_000);
		expect(runs).toHaveLength(1);
	});

	test('does not run what was lost while it waited, neither at the end of the wait nor when the batch is full', () => {
		const { made, runs, some } = collector(2, 100);
		const [a] = some('a');
		if (a !== undefined) made.add([a]);
		a?.lose(new Error('lost'));
		made.add(some('b'));
		expect(runs).toEqual([]);
		made.add(some('c'));
		expect(runs).toEqual([['b', 'c']]);
		vi.advanceTimersByTime(1_000);
		expect(runs).toHaveLength(1);
	});
});

describe('a settler', () => {
	function filled(...ids: string[]) {
		const settler = new Settler();
		for (const id of ids) settler.add(delivery(id).made, { outcome: 'complete' });
		const next = (max: number) => settler.next(max).map(({ id }) => id);
		return { settler, next };
	}

	test('hands outcomes out in order, and puts those back in front that could not be delivered', () => {
		const { settler, next } = filled('a', 'b', 'c', 'd');
		const first = settler.next(2);
		settler.putBack(first);
		expect(next(3)).toEqual(['a', 'b', 'c']);
		expect(next(3)).toEqual(['d']);
		expect(settler.size).toBe(0);
	});

	test('forgets only the delivery that was lost, not a later one of the same job', () => {
		const { settler } = filled('a');
		settler.add(delivery('a', 2).made, { outcome: 'complete' });
		settler.forget('a', 1);
		expect(settler.next(9)).toEqual([{ id: 'a', token: 2, outcome: 'complete' }]);
	});
});
