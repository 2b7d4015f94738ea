import { expect, test } from 'vitest';
import { STEP, stepOf } from '../../src/core/fairness.ts';
import { LIMITS } from '../../src/core/limits.ts';

const WEIGHTS = Array.from({ length: LIMITS.weight }, (_, index) => index + 1);

test('a step is an integer, and a higher weight has a smaller one', () => {
	expect(stepOf(1)).toBe(STEP);
	for (const weight of WEIGHTS) {
		expect(Number.isInteger(stepOf(weight))).toBe(true);
		if (weight > 1) expect(stepOf(weight)).toBeLessThan(stepOf(weight - 1));
	}
});

test('small weights are exact, and none is more than half a percent off its share', () => {
	for (const weight of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 16, 18, 20])
		expect(stepOf(weight) * weight).toBe(STEP);
	for (const weight of WEIGHTS) expect(Math.abs((stepOf(weight) * weight) / STEP - 1)).toBeLessThan(0.005);
});

test('served by the least virtual time, lanes share in proportion to their weights at any time', () => {
	for (const weights of [
		[3, 1],
		[1, 1, 1],
		[100, 1],
		[7, 5, 2, 1],
	]) {
		const lanes = weights.map((weight) => ({ weight, time: stepOf(weight), served: 0 }));
		const sum = weights.reduce((total, weight) => total + weight, 0);
		for (let turns = 1; turns <= 20 * sum; turns++) {
			const [first] = [...lanes].sort((a, b) => a.time - b.time);
			if (first === undefined) throw new Error('There are lanes');
			first.time += stepOf(first.weight);
			first.served += 1;
			for (const { weight, served } of lanes) {
				// Never more than a turn and a bit from the fair share.
				expect(Math.abs(served - (turns * weight) / sum)).toBeLessThan(2);
			}
		}
	}
});

test('a virtual time stays an exact number through a hundred billion turns', () => {
	expect(Number.isSafeInteger(STEP * 100_000_000_000)).toBe(true);
});
