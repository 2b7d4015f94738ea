import { invalid } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { type Duration, toMs } from './duration.ts';

/** When a pause ends by itself. Default: it lasts until it is ended by `resume`. */
export type PauseOptions =
	| { /** So long from now. */ for?: Duration; until?: undefined }
	| { /** A date, or epoch milliseconds. */ until?: Date | number; for?: undefined };

/**
 * The instant at which the pause ends; null for one without end.
 * @throws INVALID for what is no duration or no date, and for both together
 */
export function pauseEnd(options: PauseOptions, now: number): number | null {
	const { for: duration, until }: { for?: Duration | undefined; until?: Date | number | undefined } = options;
	if (duration !== undefined && until !== undefined) {
		throw invalid('until', 'cannot be given together with for; use one of them', until);
	}
	if (duration !== undefined) return within(now + toMs(duration, 'for'), 'for', duration);
	if (until === undefined) return null;
	return within(Math.round(Number(until)), 'until', until);
}

function within(at: number, field: string, given: unknown): number {
	if (at >= 0 && at <= LIMITS.maxTimestamp) return at;
	throw invalid(field, field === 'for' ? 'must end by the year 9999' : 'must be a date, or epoch milliseconds', given);
}
