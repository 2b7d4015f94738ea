import type { Backoff } from '../core/backoff.ts';
import { invalid } from '../core/errors.ts';
import type { JobOptions } from '../core/job-options.ts';
import { ASKED_DURABILITY, checkOptional } from '../core/rules.ts';
import type { OnConflict, Unique } from '../core/unique.ts';
import type { AskedDurability } from '../engine/engine.ts';
import { type Duration, toMs } from './duration.ts';

/** What a push may say about its jobs. */
export interface PushOptions {
	/** Run no sooner than that from now. Default: at once. */
	delay?: Duration;
	/** Run no sooner than then; instead of `delay`. */
	runAt?: Date | number;
	/** −1000 to 1000, higher is sooner. Default 0. */
	priority?: number;
	/** The tenant that shares the topic fairly with the other groups, and that limits and pauses can be set for. Default: none. */
	group?: string;
	/** How much of a rate one start uses, 1 to 1,000. Default 1. */
	cost?: number;
	/** Most runs, 1 to 1000. Default: the topic's setting, else 4. */
	maxAttempts?: number;
	/** Wait before a retry. Default: the topic's setting, else 1 s, 2 s, 4 s … up to 10 min. */
	backoff?: BackoffOptions;
	/** Longest run, counted from when a worker takes the job: then its signal fires, and the store counts a `timeout`. Default: none. */
	timeout?: Duration;
	/** Start by: a job that is not taken so long after it may first run is dead (`expired`). Default: no such limit. */
	ttl?: Duration;
	/** A failed attempt is followed by another only so long after the job may first run. Default: no such limit. */
	retryFor?: Duration;
	/** Most runs that may end with a worker that vanishes, 1 to 1000; then the job is dead (`crashed`). Default: `maxAttempts`. */
	maxCrashes?: number;
	/** In a group with a limit of one a failed job keeps its place and the others wait; `requeue` lets them pass. Default `keep`. */
	onRetry?: 'keep' | 'requeue';
	/** At most one job of the topic holds a key. Default: none. */
	unique?: UniqueOptions;
	/** Words to find the job by: up to 10, of up to 64 characters. Default: none. */
	tags?: string[];
	/** Id of the job that this one came of. Default: none; in a handler's `context.push` the handler's job. */
	parent?: string;
	/** A push repeated under the same key, up to 24 h later, makes no second job. Default: none. */
	idempotencyKey?: string;
	/**
	 * The answer waits, up to a second, until the jobs are on another machine too: a Redis with a replica. What was reached is the handle's
	 * `durability`. Default: the answer does not wait.
	 */
	durability?: AskedDurability;
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

export interface UniqueOptions {
	/** 1 to 255 characters. */
	key: string;
	/**
	 * How long the job holds the key: `waiting`, until a worker takes it; `unfinished`, until it is completed, dead or cancelled;
	 * a window, so long from its push, also when it has completed by then. Default `unfinished`.
	 */
	scope?: 'waiting' | 'unfinished' | { window: Duration };
	/**
	 * What a push does when another job holds the key. `keep`: nothing. `replace`: that job gets the new data and options.
	 * `cancelAndReplace`: it is cancelled, and the new one takes the key. `queueBehind`: the new one waits until it has ended.
	 * `debounce`: as replace, and the delay begins anew. Default `keep`.
	 */
	onConflict?: OnConflict;
}

const KNOWN = [
	...['delay', 'runAt', 'priority', 'group', 'cost', 'maxAttempts', 'backoff', 'timeout', 'ttl', 'retryFor'],
	...['maxCrashes', 'onRetry', 'unique', 'tags', 'parent', 'idempotencyKey', 'durability'],
];

/**
 * The options in the words of the store, their ranges still to be checked.
 * @throws INVALID for a name or a duration that is none
 */
export function toJobOptions(options: PushOptions): JobOptions {
	const stranger = Object.keys(options).find((key) => !KNOWN.includes(key));
	if (stranger !== undefined) throw invalid(stranger, `is no option of push; known: ${KNOWN.join(', ')}`, undefined);
	const { delay, runAt, backoff, timeout, ttl, retryFor, unique, idempotencyKey: _, durability, ...same } = options;
	checkOptional('durability', durability, ASKED_DURABILITY);
	return {
		...same,
		delayMs: optionalMs(delay, 'delay'),
		runAt: runAt === undefined ? undefined : Number(runAt),
		backoff: backoff === undefined ? undefined : backoffOf(backoff),
		timeoutMs: optionalMs(timeout, 'timeout'),
		ttlMs: optionalMs(ttl, 'ttl'),
		retryForMs: optionalMs(retryFor, 'retryFor'),
		unique: unique === undefined ? undefined : uniqueOf(unique),
	};
}

function optionalMs(duration: Duration | undefined, field: string): number | undefined {
	return duration === undefined ? undefined : toMs(duration, field);
}

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

function uniqueOf(unique: UniqueOptions): Unique {
	if (typeof unique !== 'object' || unique === null) throw invalid('unique', "must be like { key: 'order-7' }", unique);
	const { key, scope = 'unfinished', onConflict = 'keep', ...strangers } = unique;
	const [stranger] = Object.keys(strangers);
	if (stranger !== undefined)
		throw invalid(`unique.${stranger}`, 'is unknown; known: key, scope, onConflict', undefined);
	if (typeof scope !== 'object' || scope === null) return { key, scope, onConflict };
	return { key, scope: { windowMs: toMs(scope.window, 'unique.scope.window') }, onConflict };
}
