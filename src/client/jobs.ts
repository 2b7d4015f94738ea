import { describe, invalid, MillraceError } from '../core/errors.ts';
import type { NewJob } from '../core/job.ts';
import { checkJobOptions, checkKey, newJob } from '../core/job-options.ts';
import { asRawJson, isDeeperThan, type RawJson, utf8Length } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';
import { type PushOptions, toJobOptions } from './push-options.ts';

/**
 * How to make the jobs of a push: its options are checked once, however many jobs there are, and not at all where it says nothing.
 *
 * @returns a function that throws INVALID for data that JSON can't hold, TOO_LARGE for data over 256 KiB
 * @throws INVALID for options out of range
 */
export function jobMaker(options: PushOptions, defaults: { maxAttempts: number }): (data: unknown) => NewJob {
	const { maxAttempts } = defaults;
	if (Object.keys(options).length === 0) {
		return (value) => {
			const data = toJson(value, 'data', LIMITS.bodyBytes);
			return { data, priority: 0, group: null, maxAttempts, backoff: null, delayMs: 0, runAt: null };
		};
	}
	const said = toJobOptions(options);
	if (options.idempotencyKey !== undefined) checkKey(options.idempotencyKey);
	checkJobOptions(said);
	const template = newJob(said, asRawJson('null'), defaults);
	return (value) => ({ ...template, data: toJson(value, 'data', LIMITS.bodyBytes) });
}

/**
 * A value as the JSON text that is stored.
 * @throws INVALID for what JSON can't hold, TOO_LARGE for more than `maxBytes`
 */
export function toJson(value: unknown, field: string, maxBytes: number): RawJson {
	const text = textOf(value, field);
	if (text === undefined) throw invalid(field, 'must be a value that JSON can hold', String(value));
	if (isDeeperThan(asRawJson(text), LIMITS.valueDepth)) {
		throw invalid(field, `must nest at most ${LIMITS.valueDepth} deep`, text);
	}
	// A UTF-16 unit is three bytes of UTF-8 at the most, so that short texts need not be encoded to be measured.
	if (text.length * 3 <= maxBytes) return asRawJson(text);
	const bytes = utf8Length(text);
	if (bytes <= maxBytes) return asRawJson(text);
	const message = `${field} must be at most ${maxBytes} bytes as JSON, received ${bytes}: ${describe(text)}`;
	throw new MillraceError('TOO_LARGE', message, { invalid: { field, value: bytes } });
}

function textOf(value: unknown, field: string): string | undefined {
	try {
		return JSON.stringify(value);
	} catch (error) {
		// A cycle, or a BigInt.
		const reason = error instanceof Error ? error.message : String(error);
		throw invalid(field, `must be a value that JSON can hold (${reason})`, undefined);
	}
}

/** Tells the same push repeated from another one under the same key: 128 bits of SHA-256. */
export async function fingerprintOf(topic: string, jobs: NewJob[]): Promise<string> {
	const text = `${topic}\n${jobs.map((job) => JSON.stringify(job)).join('\n')}`;
	const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
	return [...new Uint8Array(hash, 0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
