import { expect, test } from 'vitest';
import type { TakenJob } from '../../src/core/job.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { endingOfReturn, endingOfThrow, endingOfTimeout, toStoredError } from '../../src/worker/outcomes.ts';
import { isSteering, Kill, RateLimited, RetryAt, Snooze } from '../../src/worker/steering.ts';

const NOW = 1_700_000_000_000;

test('nothing returned stores nothing; null and every other value is stored as JSON', () => {
	expect(endingOfReturn(undefined)).toEqual({ outcome: 'complete' });
	expect(endingOfReturn(null)).toEqual({ outcome: 'complete', result: 'null' });
	expect(endingOfReturn({ a: [1, undefined] })).toEqual({ outcome: 'complete', result: '{"a":[1,null]}' });
});

test('a result may be as large as the store keeps, in bytes and not in characters', () => {
	expect(endingOfReturn('x'.repeat(LIMITS.outcomeBytes - 2)).outcome).toBe('complete');
	expect(endingOfReturn('x'.repeat(LIMITS.outcomeBytes - 1)).outcome).toBe('retry');
	expect(endingOfReturn('€'.repeat(LIMITS.outcomeBytes / 2)).outcome).toBe('retry');
});

test('a snooze is a release with its delay, bounded by the longest delay', () => {
	expect(endingOfThrow(new Snooze('2s'), NOW)).toEqual({ outcome: 'release', delayMs: 2_000 });
	expect(endingOfThrow(new Snooze(0), NOW)).toEqual({ outcome: 'release', delayMs: 0 });
	expect(endingOfThrow(new Snooze('4000d'), NOW)).toMatchObject({ delayMs: LIMITS.maxDelayMs });
});

test('RetryAt is a retry at that time, at once when that has passed', () => {
	expect(endingOfThrow(new RetryAt(NOW + 1_500), NOW)).toMatchObject({ outcome: 'retry', delayMs: 1_500 });
	expect(endingOfThrow(new RetryAt(new Date(NOW - 1)), NOW)).toMatchObject({ outcome: 'retry', delayMs: 0 });
	expect(() => new RetryAt(new Date('never'))).toThrow(/at must be a date/);
});

test('a kill brings its reason only where that is one word', () => {
	expect(endingOfThrow(new Kill('no_user'), NOW)).toMatchObject({ outcome: 'kill', reason: 'no_user' });
	expect(endingOfThrow(new Kill('No user'), NOW)).not.toHaveProperty('reason');
	expect(endingOfThrow(new Kill('x'.repeat(65)), NOW)).not.toHaveProperty('reason');
});

test('rate limited is a release that parks, bounded by the longest delay', () => {
	expect(endingOfThrow(new RateLimited('30s'), NOW)).toEqual({ outcome: 'release', parkMs: 30_000 });
	expect(endingOfThrow(new RateLimited('4000d'), NOW)).toMatchObject({ parkMs: LIMITS.maxDelayMs });
	expect(() => new RateLimited('soon' as '1s')).toThrow(/duration must be/);
});

test('a timeout is a failed attempt, and the end as a timeout where no attempt is left', () => {
	const why = new Error('still at work');
	const job = { attempt: 1, maxAttempts: 2 } as TakenJob;
	expect(endingOfTimeout(job, why)).toEqual({ outcome: 'retry', error: expect.stringContaining('still at work') });
	expect(endingOfTimeout({ ...job, attempt: 2 }, why)).toMatchObject({ outcome: 'kill', reason: 'timeout' });
});

test('steering of another copy of the package steers too', () => {
	const foreign = Object.assign(new Error('later'), { [Symbol.for('millrace.steering')]: 'snooze', delayMs: 5 });
	expect(isSteering(foreign)).toBe(true);
	expect(endingOfThrow(foreign, NOW)).toEqual({ outcome: 'release', delayMs: 5 });
});

test('every other throw is a retry whose delay the backoff decides', () => {
	const ending = endingOfThrow(new Error('no'), NOW);
	expect(ending).toMatchObject({ outcome: 'retry' });
	expect(ending).not.toHaveProperty('delayMs');
});

test('whatever fills name, message and stack, the stored error fits', () => {
	for (const filler of ['x', '"', '\u0001', '€', '\ud800', '😀']) {
		const text = filler.repeat(50_000);
		const stored = toStoredError(Object.assign(new Error(text), { name: text, stack: text }));
		expect(Buffer.byteLength(stored)).toBeLessThanOrEqual(LIMITS.outcomeBytes);
		expect(JSON.parse(stored)).toHaveProperty('stack');
	}
});

test('a result that nests deeper than a server takes is a failed attempt, and its worker goes on', () => {
	const nested = (depth: number) => Array.from({ length: depth - 1 }).reduce<unknown[]>((inner) => [inner], []);
	expect(endingOfReturn(nested(56))).toMatchObject({ outcome: 'complete' });
	const ending = endingOfReturn(nested(57));
	expect(ending).toMatchObject({ outcome: 'retry', error: expect.stringContaining('nests deeper than 56') });
});
