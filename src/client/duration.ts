import { invalid } from '../core/errors.ts';

type Unit = 'ms' | 's' | 'm' | 'h' | 'd';

/** Milliseconds, or a literal such as `'500ms'`, `'10s'`, `'5m'`, `'1h'`, `'7d'`. */
export type Duration = number | `${number}${Unit}`;

const UNITS: Record<Unit, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const LITERAL = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** The longest that a timer can wait: 2^31 − 1 ms, a little over 24 days. A longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * Whole milliseconds that a timer can wait.
 * @throws INVALID as `toMs`, and for more than 24 days
 */
export function toTimerMs(duration: Duration, field: string): number {
	const ms = toMs(duration, field);
	if (ms <= LONGEST_TIMER_MS) return ms;
	throw invalid(field, `must be at most ${LONGEST_TIMER_MS} ms (24 days)`, duration);
}

/**
 * Whole milliseconds of a duration.
 * @throws INVALID for anything else than a number of 0 or more, or a literal
 */
export function toMs(duration: Duration, field: string): number {
	const [, digits, unit] = typeof duration === 'string' ? (LITERAL.exec(duration) ?? []) : [];
	const ms = typeof duration === 'number' ? duration : Number(digits) * UNITS[(unit ?? 'ms') as Unit];
	if (Number.isFinite(ms) && ms >= 0) return Math.round(ms);
	throw invalid(field, "must be a number of ms, or a duration like '10s', '5m', '1h'", duration);
}
