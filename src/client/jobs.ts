import type { Backoff } from '../core/backoff.ts';
import { describe, invalid, MillraceError } from '../core/errors.ts';
import type { NewJob } from '../core/job.ts';
import { checkJobOptions, checkKey, type JobOptions, newJob } from '../core/job-options.ts';
import { asRawJson, type RawJson, utf8Length } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';
import { type Duration, toMs } from './duration.ts';

/** What a push may say about its jobs. */
export interface PushOptions {
	/** Run no sooner than that from now. Default: at once. */
	delay?: Duration;
	/** Run no sooner than then; instead of `delay`. */
	runAt?: Date | number;
	/** −1000 to 1000, higher is sooner. Default 0. */
	priority?: number;
	/** The tenant that shares the topic by turns with the other groups. Default: the common lane. */
	group?: string;
	/** Most runs, 1 to 1000. Default: the topic's setting, else 4. */
	maxAttempts?: number;
	/** Wait before a retry. Default: the topic's setting, else 1 s, 2 s, 4 s … up to 10 min. */
	backoff?: BackoffOptions;
	/** A push repeated under the same key, up to 24 h later, makes no second job. Default: none. */
	idempotencyKey?: string;
}

export interface BackoffOptions {
	type: 'fixed' | 'exponential';
	/** Wait after the first failed attempt. */
	delay: Duration;
	/** Cap of the wait. */
	max?: Duration;
	/** Share of the wait that is random, 0 to 1. */
	jitter?: number;
}

const KNOWN = ['delay', 'runAt', 'priority', 'group', 'maxAttempts', 'backoff', 'idempotencyKey'];

function backoffOf(backoff: BackoffOptions): Backoff {
	if (typeof backoff !== 'object' || backoff === null) throw invalid('backoff', 'must be an object', backoff);
	const { type, delay, max, jitter } = backoff;
	return {
		type,
		delayMs: toMs(delay, 'backoff.delay'),
		...(max === undefined ? {} : { maxMs: toMs(max, 'backoff.max') }),
		...(jitter === undefined ? {} : { jitter }),
	};
}

/**
 * The job to be stored.
 * @throws INVALID for data that JSON can't hold and for options out of range, TOO_LARGE for data over 256 KiB
 */
export function toNewJob(data: unknown, options: PushOptions, defaults: { maxAttempts: number }): NewJob {
	const stranger = Object.keys(options).find((key) => !KNOWN.includes(key));
	if (stranger !== undefined) throw invalid(stranger, `is no option of push; known: ${KNOWN.join(', ')}`, undefined);
	const { delay, runAt, priority, group, maxAttempts, backoff, idempotencyKey } = options;
	if (idempotencyKey !== undefined) checkKey(idempotencyKey);
	const said: JobOptions = {
		...(delay === undefined ? {} : { delayMs: toMs(delay, 'delay') }),
		...(runAt === undefined ? {} : { runAt: Number(runAt) }),
		...(priority === undefined ? {} : { priority }),
		...(group === undefined ? {} : { group }),
		...(maxAttempts === undefined ? {} : { maxAttempts }),
		...(backoff === undefined ? {} : { backoff: backoffOf(backoff) }),
	};
	checkJobOptions(said);
	return newJob(said, toJson(data, 'data', LIMITS.bodyBytes), defaults);
}

/**
 * A value as the JSON text that is stored.
 * @throws INVALID for what JSON can't hold, TOO_LARGE for more than `maxBytes`
 */
export function toJson(value: unknown, field: string, maxBytes: number): RawJson {
	const text = textOf(value, field);
	if (text === undefined) throw invalid(field, 'must be a value that JSON can hold', String(value));
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
