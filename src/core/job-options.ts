import type { Backoff } from './backoff.ts';
import type { JobTerms, NewJob } from './job.ts';
import { type RawJson, utf8Length } from './json.ts';
import { LIMITS } from './limits.ts';
import { pathOf, refuse } from './refuse.ts';
import {
	check,
	checkObject,
	checkOptional,
	integer,
	isPrintable,
	isRecord,
	isWithin,
	JOB_ID,
	oneOf,
	PRINTABLE,
	type Rule,
	TAG,
	UNIQUE_KEY,
} from './rules.ts';
import { termsOf } from './terms.ts';
import { ON_CONFLICT, type Unique } from './unique.ts';

/** What a caller may say about a job, next to the payload. */
export interface JobOptions extends Omit<JobTerms, 'unique'> {
	priority?: number;
	delayMs?: number;
	runAt?: number;
	maxAttempts?: number;
	backoff?: Backoff;
	group?: string;
	unique?: UniqueOption;
}

export interface UniqueOption {
	key: string;
	/** Default `unfinished`. */
	scope?: Unique['scope'];
	/** Default `keep`. */
	onConflict?: Unique['onConflict'];
}

const KEY_TEXT = /^[\x20-\x7e]+$/;

/** An idempotency key or a request id. */
export const KEY: Rule = {
	expected: `must be 1 to ${LIMITS.keyLength} printable ASCII characters`,
	allows: (value) => typeof value === 'string' && value.length <= LIMITS.keyLength && KEY_TEXT.test(value),
	json: { maxLength: LIMITS.keyLength, pattern: KEY_TEXT.source },
};

export const GROUP: Rule = {
	expected: `must be text of 1 to ${LIMITS.groupBytes} UTF-8 bytes without control characters, not . or ..`,
	allows: (value) => typeof value === 'string' && isGroup(value),
	// How many bytes a text has no schema can say.
	json: { minLength: 1, maxLength: LIMITS.groupBytes, pattern: `^(?!\\.{1,2}$)${PRINTABLE.slice(1)}` },
};

/** A scope that is a window is an object, and is looked into. */
export const SCOPE: Rule = {
	expected: 'must be waiting, unfinished or {windowMs}',
	allows: (value) => value === 'waiting' || value === 'unfinished',
};

const PRIORITY = integer(-LIMITS.priority, LIMITS.priority);
const DELAY = integer(0, LIMITS.maxDelayMs);
const TIME = integer(1, LIMITS.maxDelayMs);
const INSTANT = integer(0, LIMITS.maxTimestamp);
const ATTEMPTS = integer(1, LIMITS.maxAttempts);
const COST = integer(1, LIMITS.cost);
const JITTER: Rule = { expected: 'must be a number from 0 to 1', allows: (value) => isWithin(value, 0, 1) };
const BACKOFF_TYPE = oneOf(['fixed', 'exponential']);
const ON_RETRY = oneOf(['keep', 'requeue']);
const CONFLICT = oneOf(ON_CONFLICT);
const LIST: Rule = { expected: `must be an array of 0 to ${LIMITS.tags} items`, allows: Array.isArray };

/** `.` and `..` in a path are resolved before a request is sent, so that a group of that name could not be paused. */
function isGroup(text: string): boolean {
	if (text === '.' || text === '..') return false;
	return text.length <= LIMITS.groupBytes && isPrintable(text) && utf8Length(text) <= LIMITS.groupBytes;
}

/**
 * Refuses what `JobOptionsSchema` refuses, in the same words, without the schema library: a client that only pushes does not
 * wait half a second for that to load.
 *
 * @throws INVALID, with the first field that is wrong
 */
export function checkJobOptions(options: JobOptions): void {
	checkOptional('priority', options.priority, PRIORITY);
	checkOptional('delayMs', options.delayMs, DELAY);
	checkOptional('runAt', options.runAt, INSTANT);
	checkOptional('maxAttempts', options.maxAttempts, ATTEMPTS);
	if (options.backoff !== undefined) checkBackoff(options.backoff);
	checkOptional('group', options.group, GROUP);
	checkTerms(options);
}

function checkBackoff(backoff: Backoff): void {
	checkObject('backoff', backoff, ['type', 'delayMs', 'maxMs', 'jitter']);
	check('backoff.type', backoff.type, BACKOFF_TYPE);
	check('backoff.delayMs', backoff.delayMs, DELAY);
	checkOptional('backoff.maxMs', backoff.maxMs, DELAY);
	checkOptional('backoff.jitter', backoff.jitter, JITTER);
}

function checkTerms(options: JobOptions): void {
	checkOptional('cost', options.cost, COST);
	checkOptional('timeoutMs', options.timeoutMs, TIME);
	checkOptional('ttlMs', options.ttlMs, TIME);
	checkOptional('retryForMs', options.retryForMs, TIME);
	checkOptional('maxCrashes', options.maxCrashes, ATTEMPTS);
	checkOptional('onRetry', options.onRetry, ON_RETRY);
	if (options.unique !== undefined) checkUnique(options.unique);
	if (options.tags !== undefined) checkTags(options.tags);
	checkOptional('parent', options.parent, JOB_ID);
}

function checkUnique(unique: UniqueOption): void {
	checkObject('unique', unique, ['key', 'scope', 'onConflict']);
	const { key, scope, onConflict } = unique;
	check('unique.key', key, UNIQUE_KEY);
	if (isRecord(scope)) {
		checkObject('unique.scope', scope, ['windowMs']);
		check('unique.scope.windowMs', scope.windowMs, TIME);
	} else checkOptional('unique.scope', scope, SCOPE);
	checkOptional('unique.onConflict', onConflict, CONFLICT);
}

function checkTags(tags: string[]): void {
	check('tags', tags, LIST);
	for (const [index, tag] of tags.entries()) check(pathOf('tags', index), tag, TAG);
	if (tags.length > LIMITS.tags) throw refuse('tags', LIST.expected, tags);
}

/** @throws INVALID */
export function checkKey(key: unknown): void {
	check('idempotencyKey', key, KEY);
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
	const { unique, tags, ...plain } = options;
	return {
		data,
		// JSON has a −0, which the stores would not give back.
		priority: (options.priority ?? 0) + 0,
		group: options.group ?? null,
		maxAttempts: options.maxAttempts ?? defaults.maxAttempts,
		backoff: options.backoff ?? null,
		delayMs: (options.delayMs ?? 0) + 0,
		runAt: options.runAt ?? null,
		...termsOf({ ...plain, ...uniqueOf(unique), ...tagsOf(tags) }),
	};
}

function uniqueOf(unique: UniqueOption | undefined): Pick<JobTerms, 'unique'> {
	if (unique === undefined) return {};
	const { key, scope = 'unfinished', onConflict = 'keep' } = unique;
	return { unique: { key, scope, onConflict } };
}

/** No tags are the same as none given, and one that is given twice is one. */
function tagsOf(tags: string[] = []): Pick<JobTerms, 'tags'> {
	return tags.length === 0 ? {} : { tags: [...new Set(tags)] };
}
