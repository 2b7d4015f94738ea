import type { TakenJob } from '../core/job.ts';
import { isDeeperThan, type RawJson, toRawJson } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';
import type { Outcome } from '../engine/engine.ts';
import { isSteering, type Kill, kindOf, type RateLimited, type RetryAt, type Snooze } from './steering.ts';

/** How a delivery ends, without saying which. */
export type Ending = Omit<Outcome, 'id' | 'token'>;

export const RELEASE: Ending = { outcome: 'release' };

/** Characters. One may take six bytes of JSON, and all three together must fit in `LIMITS.outcomeBytes`. */
const MAX_NAME = 200;
const MAX_MESSAGE = 2_000;
const MAX_STACK = 8_000;

/** What is kept of whatever a handler threw: an error's name, message and stack, bounded. Never throws. */
export function toStoredError(thrown: unknown): RawJson {
	try {
		return read(thrown);
	} catch {
		// A getter that throws, or a proxy that was revoked.
		return toRawJson({ name: 'NonError', message: 'what was thrown cannot be read' });
	}
}

function read(thrown: unknown): RawJson {
	if (!(thrown instanceof Error)) return toRawJson({ name: 'NonError', message: textOf(thrown).slice(0, MAX_MESSAGE) });
	const { name, message, stack } = thrown;
	const cut = { name: String(name).slice(0, MAX_NAME), message: String(message).slice(0, MAX_MESSAGE) };
	return toRawJson({ ...cut, stack: String(stack ?? '').slice(0, MAX_STACK) });
}

function textOf(thrown: unknown): string {
	if (typeof thrown !== 'object' || thrown === null) return String(thrown);
	try {
		return JSON.stringify(thrown) ?? String(thrown);
	} catch {
		// Cycles, or a toJSON that throws.
		return Object.prototype.toString.call(thrown);
	}
}

/**
 * The ending that a throw means: a retry by the job's backoff, unless what was thrown steers.
 *
 * @param now epoch milliseconds
 */
export function endingOfThrow(thrown: unknown, now: number): Ending {
	if (!isSteering(thrown)) return { outcome: 'retry', error: toStoredError(thrown) };
	const kind = kindOf(thrown);
	if (kind === 'snooze') return { outcome: 'release', delayMs: bounded((thrown as Snooze).delayMs) };
	if (kind === 'rateLimited') return { outcome: 'release', parkMs: bounded((thrown as RateLimited).parkMs) };
	if (kind === 'retryAt') {
		const delayMs = bounded((thrown as RetryAt).at - now);
		return { outcome: 'retry', delayMs, error: toStoredError(thrown) };
	}
	const { reason } = thrown as Kill;
	return { outcome: 'kill', error: toStoredError(thrown), ...(reason === undefined ? {} : { reason }) };
}

function bounded(delayMs: number): number {
	return Math.min(Math.max(0, Math.round(delayMs)), LIMITS.maxDelayMs);
}

/**
 * The ending of a run that its handler's `timeout` has cut short: a failed attempt. Where none is left the job is dead as `timeout`,
 * which only a kill can say: of a retry the store knows no more than that it failed.
 */
export function endingOfTimeout({ attempt, maxAttempts }: TakenJob, why: Error): Ending {
	const error = toStoredError(why);
	return attempt < maxAttempts ? { outcome: 'retry', error } : { outcome: 'kill', reason: 'timeout', error };
}

/** The ending of a handler that returned. A result that can't be stored is a failed attempt: nobody would ever get it. */
export function endingOfReturn(returned: unknown): Ending {
	if (returned === undefined) return { outcome: 'complete' };
	try {
		const result = toRawJson(returned);
		if (isDeeperThan(result, LIMITS.valueDepth))
			throw new RangeError(`the result nests deeper than ${LIMITS.valueDepth}`);
		if (result.length <= LIMITS.outcomeBytes / 3 || new TextEncoder().encode(result).length <= LIMITS.outcomeBytes) {
			return { outcome: 'complete', result };
		}
		throw new RangeError(`the result is larger than ${LIMITS.outcomeBytes} bytes of JSON`);
	} catch (error) {
		return { outcome: 'retry', error: toStoredError(error) };
	}
}
