import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { type Backoff, backoffDelay, DEFAULT_BACKOFF } from '../../src/core/backoff.ts';
import { LIMITS } from '../../src/core/limits.ts';

const seeded = { seed: inject('seed'), numRuns: 500 };

const backoff: fc.Arbitrary<Backoff> = fc.record(
	{
		type: fc.constantFrom('fixed', 'exponential'),
		delayMs: fc.nat(LIMITS.maxDelayMs),
		maxMs: fc.nat(LIMITS.maxDelayMs),
		jitter: fc.double({ min: 0, max: 1, noNaN: true }),
	},
	{ requiredKeys: ['type', 'delayMs'] },
);
const attempt = fc.integer({ min: 1, max: LIMITS.maxAttempts });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('a fixed wait is the same after every attempt', () => {
	const fixed: Backoff = { type: 'fixed', delayMs: 700 };
	expect([1, 2, 9].map((n) => backoffDelay(fixed, n, 0.5))).toEqual([700, 700, 700]);
});

test('an exponential wait doubles with every attempt', () => {
	const doubling: Backoff = { type: 'exponential', delayMs: 100 };
	expect([1, 2, 3, 4].map((n) => backoffDelay(doubling, n, 0.5))).toEqual([100, 200, 400, 800]);
});

test('a wait is capped by its own bound, and by a year when it has none', () => {
	expect(backoffDelay({ type: 'exponential', delayMs: 100, maxMs: 350 }, 3, 0)).toBe(350);
	expect(backoffDelay({ type: 'fixed', delayMs: 100, maxMs: 60 }, 1, 0)).toBe(60);
	expect(backoffDelay({ type: 'exponential', delayMs: 1 }, LIMITS.maxAttempts, 0)).toBe(LIMITS.maxDelayMs);
});

test('jitter takes off up to its share, from the capped wait', () => {
	const jittered: Backoff = { type: 'exponential', delayMs: 1_000, maxMs: 500, jitter: 0.2 };
	expect(backoffDelay(jittered, 5, 0)).toBe(500);
	expect(backoffDelay(jittered, 5, 0.5)).toBe(450);
	expect(backoffDelay({ ...jittered, jitter: 1 }, 5, 0.999_999)).toBe(0);
});

test('the default waits 1 s, 2 s, 4 s and so on up to 10 minutes', () => {
	expect([1, 2, 3].map((n) => backoffDelay(DEFAULT_BACKOFF, n, 0))).toEqual([1_000, 2_000, 4_000]);
	expect(backoffDelay(DEFAULT_BACKOFF, 11, 0)).toBe(600_000);
	expect(backoffDelay(DEFAULT_BACKOFF, 1, 0.999_999)).toBe(800);
});

test('any wait is a whole number of ms between the jitter share and the cap', () => {
	const property = fc.property(backoff, attempt, random, (options, n, chance) => {
		const wait = backoffDelay(options, n, chance);
		const longest = backoffDelay({ ...options, jitter: 0 }, n, chance);
		expect(Number.isInteger(wait)).toBe(true);
		expect(wait).toBeLessThanOrEqual(Math.min(longest, options.maxMs ?? LIMITS.maxDelayMs));
		expect(wait).toBeGreaterThanOrEqual(Math.floor(longest * (1 - (options.jitter ?? 0))));
	});
	fc.assert(property, seeded);
});
