import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { counting, opensAt, type Rate, type Start, started, windowOf } from '../../src/core/rate.ts';
import { START } from '../support/clock.ts';

const seeded = { seed: inject('seed'), numRuns: 300 };

const rate: fc.Arbitrary<Rate> = fc
	.record({
		limit: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 5_000 })),
		perMs: fc.nat(100_000),
	})
	.chain(({ limit, perMs }) => {
		const burst = fc.option(fc.integer({ min: 1, max: limit }), { nil: undefined });
		return burst.map((most) => ({ limit, perMs: perMs + 1, ...(most === undefined ? {} : { burst: most }) }));
	});

/** Somebody asks for a start, so long after the one before, in thousandths of the window. */
const asks = fc.array(
	fc.record({ after: fc.oneof(fc.constant(0), fc.nat(30), fc.nat(1_500)), cost: fc.integer({ min: 1, max: 30 }) }),
	{
		maxLength: 200,
	},
);

interface Counted {
	at: number;
	units: number;
}

/** Starts whenever the rate allows it; `spend` sees each ask. */
function run(
	limits: Rate,
	sequence: { after: number; cost: number }[],
	spend?: (log: Start[], cost: number, now: number) => void,
) {
	const { count, windowMs } = windowOf(limits);
	const starts: Counted[] = [];
	let log: Start[] = [];
	let now = START;
	for (const { after, cost } of sequence) {
		now += Math.round((after * windowMs) / 1_000);
		spend?.(log, cost, now);
		if (opensAt(log, limits, cost, now) > now) continue;
		log = started(log, limits, cost, now);
		starts.push({ at: now, units: Math.min(cost, count) });
	}
	return { starts, log };
}

function fullest(starts: Counted[], windowMs: number): number {
	const sums = starts.map(({ at: from }) => {
		const within = starts.filter(({ at }) => at >= from && at < from + windowMs);
		return within.reduce((sum, { units }) => sum + units, 0);
	});
	return Math.max(0, ...sums);
}

describe('windowOf', () => {
	test('without a burst the window is the whole time', () => {
		expect(windowOf({ limit: 10, perMs: 60_000 })).toEqual({ count: 10, windowMs: 60_000, slotMs: 1 });
	});

	test('a burst makes smaller windows, as many as the limit holds bursts', () => {
		expect(windowOf({ limit: 10, perMs: 60_000, burst: 2 })).toEqual({ count: 2, windowMs: 12_000, slotMs: 1 });
		expect(windowOf({ limit: 10, perMs: 60_000, burst: 3 })).toEqual({ count: 3, windowMs: 20_000, slotMs: 1 });
		expect(windowOf({ limit: 10, perMs: 60_000, burst: 10 })).toMatchObject({ count: 10, windowMs: 60_000 });
		expect(windowOf({ limit: 3, perMs: 1_000, burst: 1 })).toMatchObject({ count: 1, windowMs: 334 });
	});

	test('a log of more than 64 starts is kept in 64 slots of time', () => {
		expect(windowOf({ limit: 64, perMs: 64_000 }).slotMs).toBe(1);
		expect(windowOf({ limit: 65, perMs: 64_000 }).slotMs).toBe(1_000);
		expect(windowOf({ limit: 1_000, perMs: 10 }).slotMs).toBe(1);
	});
});

describe('a rate', () => {
	test('whatever starts it allows, no window holds more than the limit, nor a smaller one more than the burst', () => {
		const property = fc.property(rate, asks, (limits, sequence) => {
			const { starts } = run(limits, sequence);
			const { count, windowMs } = windowOf(limits);
			expect(fullest(starts, windowMs)).toBeLessThanOrEqual(count);
			expect(fullest(starts, limits.perMs)).toBeLessThanOrEqual(limits.limit);
		});
		fc.assert(property, seeded);
	});

	test('opensAt is the earliest instant at which the start is allowed', () => {
		const property = fc.property(rate, asks, (limits, sequence) => {
			run(limits, sequence, (log, cost, now) => {
				const opens = opensAt(log, limits, cost, now);
				expect(opens).toBeGreaterThanOrEqual(now);
				expect(opensAt(log, limits, cost, opens)).toBe(opens);
				if (opens > now) expect(opensAt(log, limits, cost, opens - 1)).toBe(opens);
			});
		});
		fc.assert(property, seeded);
	});

	test('it never holds back for longer than a window and a slot, also when the clock goes back', () => {
		const property = fc.property(rate, asks, fc.nat(10_000_000), (limits, sequence, backMs) => {
			const { log } = run(limits, sequence);
			const { windowMs, slotMs } = windowOf(limits);
			const now = Math.max(START, log.at(-1)?.at ?? 0) - backMs;
			expect(opensAt(log, limits, 1, now) - now).toBeLessThanOrEqual(windowMs + slotMs);
			for (const { at } of counting(log, limits, now)) expect(at).toBeLessThan(now + slotMs);
		});
		fc.assert(property, seeded);
	});

	test('its log is short, whatever the limit', () => {
		const property = fc.property(rate, asks, (limits, sequence) => {
			expect(run(limits, sequence).log.length).toBeLessThanOrEqual(130);
		});
		fc.assert(property, seeded);
	});

	for (const limits of [
		{ limit: 5, perMs: 10_000 },
		{ limit: 12, perMs: 10_000, burst: 3 },
		{ limit: 1, perMs: 10_000 },
		{ limit: 64, perMs: 10_000 },
		{ limit: 65, perMs: 10_000 },
		{ limit: 1_000, perMs: 10_000 },
		{ limit: 100_000, perMs: 10_000, burst: 200 },
	]) {
		test(`while there is work at least 95 % of it is used: ${JSON.stringify(limits)}`, () => {
			let log: Start[] = [];
			let count = 0;
			for (let now = START; now < START + 10 * limits.perMs; ) {
				const opens = opensAt(log, limits, 1, now);
				if (opens > now) {
					now = opens;
					continue;
				}
				log = started(log, limits, 1, now);
				count++;
				if (count > 10 * limits.limit) break;
			}
			expect(count).toBeGreaterThanOrEqual(0.95 * 10 * limits.limit);
		}, 20_000);
	}

	test('a cost above what may start at once counts as that', () => {
		const limits = { limit: 10, perMs: 1_000 };
		const log = started([], limits, 999, START);
		expect(log).toEqual([{ at: START, units: 10 }]);
		expect(opensAt(log, limits, 999, START + 1)).toBe(START + 1_000);
	});

	test('starts of one instant stand together in the log', () => {
		const limits = { limit: 10, perMs: 1_000 };
		const log = started(started([], limits, 2, START), limits, 3, START);
		expect(log).toEqual([{ at: START, units: 5 }]);
	});

	test('what counts no more leaves the log with the next start, and what lies ahead with a clock that was put back', () => {
		const limits = { limit: 10, perMs: 1_000 };
		const log = started([], limits, 1, START);
		expect(started(log, limits, 1, START + 1_000)).toEqual([{ at: START + 1_000, units: 1 }]);
		expect(started(log, limits, 1, START - 5)).toEqual([{ at: START - 5, units: 1 }]);
	});

	test('a log does not change', () => {
		const limits = { limit: 1_000, perMs: 64_000 };
		const log = started([], limits, 1, START);
		const before = structuredClone(log);
		started(log, limits, 5, START);
		opensAt(log, limits, 5, START + 70_000);
		expect(log).toEqual(before);
	});
});
