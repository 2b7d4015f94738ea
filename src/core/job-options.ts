import type { Backoff } from './backoff.ts';
import type { JobTerms, NewJob } from './job.ts';
import { type RawJson, utf8Length } from './json.ts';
import { LIMITS } from './limits.ts';
import { pathOf, refuse } from './refuse.ts';

/** What a caller may say about a job, next to the payload. */
export interface JobOptions extends JobTerms {
	priority?: number;
	delayMs?: number;
	runAt?: number;
	maxAttempts?: number;
	backoff?: Backoff;
	group?: string;
}

/** What is right in one field, and how to say so. */
interface Rule {
	expected: string;
	allows: (value: unknown) => boolean;
}

/** An idempotency key or a request id. */
export const KEY: Rule = {
	expected: `must be 1 to ${LIMITS.keyLength} printable ASCII characters`,
	allows: (value) => typeof value === 'string' && value.length <= LIMITS.keyLength && /^[\x20-\x7e]+$/.test(value),
};

export const GROUP: Rule = {
	expected: `must be text of 1 to ${LIMITS.groupBytes} UTF-8 bytes without control characters`,
	allows: (value) => typeof value === 'string' && isGroup(value),
};

const PRIORITY = integer(-LIMITS.priority, LIMITS.priority);
const DELAY = integer(0, LIMITS.maxDelayMs);
const INSTANT = integer(0, LIMITS.maxTimestamp);
const ATTEMPTS = integer(1, LIMITS.maxAttempts);
const JITTER: Rule = { expected: 'must be a number from 0 to 1', allows: (value) => isWithin(value, 0, 1) };
const BACKOFF_TYPE: Rule = {
	expected: 'must be one of fixed, exponential',
	allows: (value) => value === 'fixed' || value === 'exponential',
};

function integer(least: number, most: number): Rule {
	return {
		expected: `must be an integer from ${least} to ${most}`,
		allows: (value) => Number.isInteger(value) && isWithin(value, least, most),
	};
}

function isWithin(value: unknown, least: number, most: number): boolean {
	return typeof value === 'number' && least <= value && value <= most;
}

/** Tenants are shown to people and stored as keys, so they must survive both: no lone surrogates, no control characters. */
function isGroup(text: string): boolean {
	if (text === '' || text.length > LIMITS.groupBytes) return false;
	return !/[\p{Cc}\p{Cs}]/u.test(text) && utf8Length(text) <= LIMITS.groupBytes;
}

/**
 * Refuses what `JobOptionsSchema` refuses, in the same words, without the schema library: a client that only pushes does not
 * wait half a second for that to load.
 *
 * @throws INVALID, with the first field that is wrong
 */
export function checkJobOptions({ priority, delayMs, runAt, maxAttempts, backoff, group }: JobOptions): void {
	checkOptional('priority', priority, PRIORITY);
	checkOptional('delayMs', delayMs, DELAY);
	checkOptional('runAt', runAt, INSTANT);
	checkOptional('maxAttempts', maxAttempts, ATTEMPTS);
	if (backoff !== undefined) {
		check('backoff.type', backoff.type, BACKOFF_TYPE);
		check('backoff.delayMs', backoff.delayMs, DELAY);
		checkOptional('backoff.maxMs', backoff.maxMs, DELAY);
		checkOptional('backoff.jitter', backoff.jitter, JITTER);
	}
	checkOptional('group', group, GROUP);
}

/** @throws INVALID */
export function checkKey(key: unknown): void {
	check('idempotencyKey', key, KEY);
}

function checkOptional(field: string, value: unknown, rule: Rule): void {
	if (value !== undefined) check(field, value, rule);
}

function check(field: string, value: unknown, { expected, allows }: Rule): void {
	if (!allows(value)) throw refuse(field, expected, value);
}

/**
 * The job to be stored, every default filled in.
 *
 * @param options checked against `JobOptionsSchema`
 * @param data the payload as it stood in the request
 * @param at path of the job in the request, for messages
 * @throws INVALID when the options contradict each other
 */
export function newJob(options: JobOptions, data: RawJson, defaults: { maxAttempts: number }, at = ''): NewJob {
	if (options.delayMs !== undefined && options.runAt !== undefined) {
		throw refuse(pathOf(at, 'runAt'), 'cannot be given together with delayMs; use one of them', options.runAt);
	}
	return {
		data,
		// JSON has a −0, which the stores would not give back.
		priority: (options.priority ?? 0) + 0,
		group: options.group ?? null,
		maxAttempts: options.maxAttempts ?? defaults.maxAttempts,
		backoff: options.backoff ?? null,
		delayMs: (options.delayMs ?? 0) + 0,
		runAt: options.runAt ?? null,
		...termsOf(options),
	};
}

const TERMS = [
	'cost',
	'timeoutMs',
	'ttlMs',
	'retryForMs',
	'maxCrashes',
	'onRetry',
	'unique',
	'tags',
	'parent',
] as const;

/** What of them was said: absent is the default. */
function termsOf(options: JobOptions): JobTerms {
	const said = TERMS.filter((name) => options[name] !== undefined);
	return Object.fromEntries(said.map((name) => [name, options[name]]));
}
