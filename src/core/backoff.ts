import { LIMITS } from './limits.ts';

/** How long a job waits before its next attempt. */
export interface Backoff {
	type: 'fixed' | 'exponential';
	/** Wait after the first failed attempt, in ms. */
	delayMs: number;
	/** Cap of the wait, in ms. Default: one year. */
	maxMs?: number;
	/** Share of the wait that is random, 0 to 1: 0.2 spreads it evenly over 80–100 %. Default 0. */
	jitter?: number;
}

/** 1 s, 2 s, 4 s … up to 10 minutes, the last fifth of each wait random so that a burst of failures spreads. */
export const DEFAULT_BACKOFF: Backoff = { type: 'exponential', delayMs: 1_000, maxMs: 600_000, jitter: 0.2 };

/**
 * The wait before the attempt that follows `attempt`, in whole ms.
 *
 * fixed: `delayMs`; exponential: `delayMs · 2^(attempt − 1)`; then the cap, then the jitter:
 * `wait · (1 − jitter · random)`, so that the cap also bounds a jittered wait.
 *
 * @param random a number in [0, 1)
 */
export function backoffDelay(backoff: Backoff, attempt: number, random: number): number {
	const cap = backoff.maxMs ?? LIMITS.maxDelayMs;
	const grown = backoff.type === 'fixed' ? backoff.delayMs : backoff.delayMs * 2 ** (attempt - 1);
	return Math.round(Math.min(grown, cap) * (1 - (backoff.jitter ?? 0) * random));
}
