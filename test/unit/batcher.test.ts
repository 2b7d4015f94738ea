import { expect, test } from 'vitest';
import { Batcher } from '../../src/engine/batcher.ts';

interface Flush {
	items: number[];
	answer: (results: number[]) => void;
	fail: (error: Error) => void;
}

/** A batcher of numbers whose flushes the test answers; an item weighs what it is. */
function scripted({ maxWeight = 100, maxBytes = 1_000, inFlight = 1, split = true } = {}) {
	const flushes: Flush[] = [];
	const batcher = new Batcher<number, number>({
		flush: (items) => new Promise((answer, fail) => flushes.push({ items, answer, fail })),
		weigh: (item) => item,
		maxWeight,
		bytes: (item) => item * 10,
		maxBytes,
		inFlight,
		split,
	});
	return { batcher, flushes };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('calls of one turn leave together, and each gets its own results', async () => {
	const { batcher, flushes } = scripted();
	const calls = [batcher.run([1, 2]), batcher.run([3])];
	await turn();
	expect(flushes.map(({ items }) => items)).toEqual([[1, 2, 3]]);
	flushes[0]?.answer([10, 20, 30]);
	expect(await Promise.all(calls)).toEqual([[10, 20], [30]]);
});

test('calls that come while a flush is under way wait for it and leave together', async () => {
	const { batcher, flushes } = scripted();
	const first = batcher.run([1]);
	await turn();
	const later = [batcher.run([2]), batcher.run([3])];
	await turn();
	expect(flushes).toHaveLength(1);
	flushes[0]?.answer([1]);
	await first;
	await turn();
	expect(flushes[1]?.items).toEqual([2, 3]);
	flushes[1]?.answer([2, 3]);
	expect(await Promise.all(later)).toEqual([[2], [3]]);
});

test('a flush holds no more than it may, and always at least one item', async () => {
	const { batcher, flushes } = scripted({ maxWeight: 10, inFlight: 4 });
	void batcher.run([4, 5, 6, 50, 1]);
	await turn();
	expect(flushes.map(({ items }) => items)).toEqual([[4, 5], [6], [50], [1]]);
});

test('bytes bound a flush as well', async () => {
	const { batcher, flushes } = scripted({ maxBytes: 60, inFlight: 4 });
	void batcher.run([2, 3, 4]);
	await turn();
	expect(flushes.map(({ items }) => items)).toEqual([[2, 3], [4]]);
});

test('a flush that fails fails the calls in it and no others', async () => {
	const { batcher, flushes } = scripted();
	const first = batcher.run([1]);
	await turn();
	const second = batcher.run([2]);
	flushes[0]?.fail(new Error('away'));
	await expect(first).rejects.toThrow('away');
	await turn();
	flushes[1]?.answer([2]);
	expect(await second).toEqual([2]);
});

test('nothing to do resolves at once', async () => {
	const { batcher, flushes } = scripted();
	expect(await batcher.run([])).toEqual([]);
	await turn();
	expect(flushes).toEqual([]);
});

test('many items share the flushes that may be under way, few go in one, and so do those that may not be split', async () => {
	const { batcher, flushes } = scripted({ maxWeight: 1_000, maxBytes: 10_000, inFlight: 2 });
	void batcher.run(Array.from({ length: 101 }, () => 1));
	await turn();
	expect(flushes.map(({ items }) => items.length)).toEqual([51, 50]);
	const whole = scripted({ maxWeight: 1_000, maxBytes: 10_000, inFlight: 2, split: false });
	void whole.batcher.run(Array.from({ length: 101 }, () => 1));
	await turn();
	expect(whole.flushes.map(({ items }) => items.length)).toEqual([101]);
	const few = scripted({ inFlight: 2 });
	void few.batcher.run([1, 1, 1, 1]);
	await turn();
	expect(few.flushes.map(({ items }) => items.length)).toEqual([4]);
});

test('of two answers that come together the second waits until what the first has set off is on its way', async () => {
	const { batcher, flushes } = scripted({ maxWeight: 2, inFlight: 2 });
	const underWay: number[] = [];
	for (const pair of [
		[1, 1],
		[2, 0],
	]) {
		void batcher.run(pair).then(() => {
			underWay.push(flushes.length);
			void batcher.run([1, 1]);
		});
	}
	await turn();
	for (const flush of flushes) flush.answer([0, 0]);
	for (let i = 0; i < 6; i++) await turn();
	// When the second call is answered, the third flush has left already.
	expect(underWay).toEqual([2, 3]);
});
