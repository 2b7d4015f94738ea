import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Sweep } from '../../src/engine/engine.ts';
import { Maintenance } from '../../src/engine/maintenance.ts';
import { stubEngine } from '../support/stub-engine.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const NOTHING: Sweep = { count: 0, more: false, nextInMs: null };

/** Maintenance whose promote sweeps are counted and answered by the test. */
function counted(answer: () => Promise<Sweep> = () => Promise.resolve(NOTHING)) {
	let sweeps = 0;
	const stub = stubEngine({
		promote: () => {
			sweeps++;
			return answer();
		},
	});
	const errors: unknown[] = [];
	const maintenance = new Maintenance(stub.engine, { onError: (error) => errors.push(error) });
	return { maintenance, errors, count: () => sweeps, ...stub };
}

test('it looks every second when it knows of nothing', async () => {
	const { maintenance, count } = counted();
	maintenance.start();
	await vi.advanceTimersByTimeAsync(3_500);
	expect(count()).toBe(4);
	await maintenance.stop();
});

test('it looks when the store says that something falls due', async () => {
	const { maintenance, count } = counted(() => Promise.resolve({ ...NOTHING, nextInMs: 100 }));
	maintenance.start();
	await vi.advanceTimersByTimeAsync(250);
	expect(count()).toBe(3);
	await maintenance.stop();
});

test('a hint at something due sooner ends the pause then', async () => {
	const { maintenance, count, hint } = counted();
	maintenance.start();
	await vi.advanceTimersByTimeAsync(10);
	hint({ topic: 'emails', inMs: 50 });
	await vi.advanceTimersByTimeAsync(49);
	expect(count()).toBe(1);
	await vi.advanceTimersByTimeAsync(2);
	expect(count()).toBe(2);
	await maintenance.stop();
});

test('a hint at something due later than the pause it came in leaves the next pause alone', async () => {
	let nextInMs = 100;
	const { maintenance, count, hint } = counted(() => Promise.resolve({ ...NOTHING, nextInMs }));
	maintenance.start();
	await vi.advanceTimersByTimeAsync(10);
	hint({ topic: 'emails', inMs: 50 });
	hint({ topic: 'emails', inMs: 20 });
	nextInMs = 500;
	// The pause ends at 30 ms; the first hint's timer fires at 60 ms, in the middle of the next one.
	await vi.advanceTimersByTimeAsync(90);
	expect(count()).toBe(2);
	hint({ topic: 'emails', inMs: 10 });
	await vi.advanceTimersByTimeAsync(11);
	expect(count()).toBe(3);
	await maintenance.stop();
});

test('a hint that comes while it sweeps shortens the pause after it', async () => {
	let finish = (_: Sweep) => {};
	const { maintenance, count, hint } = counted(() => new Promise((resolve) => (finish = resolve)));
	maintenance.start();
	await vi.advanceTimersByTimeAsync(10);
	hint({ topic: 'emails', inMs: 50 });
	await vi.advanceTimersByTimeAsync(20);
	finish(NOTHING);
	await vi.advanceTimersByTimeAsync(29);
	expect(count()).toBe(1);
	await vi.advanceTimersByTimeAsync(2);
	expect(count()).toBe(2);
	finish(NOTHING);
	await maintenance.stop();
});

test('it goes on at once while there is more to do', async () => {
	let left = 5;
	const { maintenance, count } = counted(() => Promise.resolve({ ...NOTHING, more: --left > 0 }));
	maintenance.start();
	await vi.advanceTimersByTimeAsync(10);
	expect(count()).toBe(5);
	await maintenance.stop();
});

test('a sweep that fails is told once, and tried again until it works', async () => {
	let isAway = true;
	const { maintenance, errors, count } = counted(() =>
		isAway ? Promise.reject(new Error('away')) : Promise.resolve(NOTHING),
	);
	maintenance.start();
	await vi.advanceTimersByTimeAsync(3_500);
	expect(count()).toBe(4);
	expect(errors).toHaveLength(1);
	isAway = false;
	await vi.advanceTimersByTimeAsync(1_000);
	isAway = true;
	await vi.advanceTimersByTimeAsync(1_000);
	expect(errors).toHaveLength(2);
	await maintenance.stop();
});

test('stop waits for the sweep under way and starts no other', async () => {
	let finish = () => {};
	const { maintenance, count, listeners } = counted(() => new Promise((resolve) => (finish = () => resolve(NOTHING))));
	maintenance.start();
	await vi.advanceTimersByTimeAsync(10);
	let stopped = false;
	const stopping = maintenance.stop().then(() => (stopped = true));
	await vi.advanceTimersByTimeAsync(10);
	expect(stopped).toBe(false);
	finish();
	await stopping;
	expect(count()).toBe(1);
	expect(listeners.size).toBe(0);
});
