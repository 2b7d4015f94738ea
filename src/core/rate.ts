/** At most `limit` starts (each counted with its job's cost) in any window of `perMs`. */
export interface Rate {
	limit: number;
	perMs: number;
	/** Most that may start at once, from 1 to `limit`. Less than `limit` spreads the starts over the window. Default: `limit`. */
	burst?: number;
}

/** A start that still counts: `units` started up to and including `at`. Oldest first. */
export interface Start {
	at: number;
	units: number;
}

/** A log of more starts than this is kept in slots of time instead of one by one. */
const EXACT = 64;

/**
 * What a rate comes to: at most `count` in any window of `windowMs`, by a log of starts in slots of `slotMs`.
 *
 * A token bucket of size `limit` would let 2 · limit start within one window: a full bucket, then what flows in. The log cannot. A burst of b
 * is the same promise for smaller windows: limit / b of them (rounded down) fill `perMs`.
 */
export function windowOf({ limit, perMs, burst = limit }: Rate): { count: number; windowMs: number; slotMs: number } {
	const windowMs = Math.ceil(perMs / Math.floor(limit / burst));
	return { count: burst, windowMs, slotMs: burst <= EXACT ? 1 : Math.max(1, Math.floor(windowMs / EXACT)) };
}

/** The last ms of the slot that an instant lies in: a start counts as if it came then, so that the window never holds too many. */
function slotEnd(at: number, slotMs: number): number {
	return Math.floor(at / slotMs) * slotMs + slotMs - 1;
}

/**
 * The starts that count at `now`. One that lies ahead of `now` is dropped: the clock was put back, and the limit must not hold until it has
 * caught up.
 */
export function counting(log: readonly Start[], rate: Rate, now: number): Start[] {
	const { windowMs, slotMs } = windowOf(rate);
	return log.filter(({ at }) => at + windowMs > now && at <= slotEnd(now, slotMs));
}

/** When a start of this cost is allowed: `now`, or the instant at which enough earlier ones count no more. */
export function opensAt(log: readonly Start[], rate: Rate, cost: number, now: number): number {
	const { count, windowMs } = windowOf(rate);
	const starts = counting(log, rate, now);
	let over = starts.reduce((sum, { units }) => sum + units, 0) + Math.min(cost, count) - count;
	let opens = now;
	for (const { at, units } of starts) {
		if (over <= 0) break;
		over -= units;
		opens = at + windowMs;
	}
	return opens;
}

/** The log after a start at `now`, without what counts no more. */
export function started(log: readonly Start[], rate: Rate, cost: number, now: number): Start[] {
	const { count, slotMs } = windowOf(rate);
	const starts = counting(log, rate, now);
	const end = slotEnd(now, slotMs);
	const units = Math.min(cost, count);
	const last = starts.at(-1);
	if (last?.at === end) return [...starts.slice(0, -1), { at: end, units: last.units + units }];
	return [...starts, { at: end, units }];
}
