import { type Duration, toMs } from '../client/duration.ts';
import { invalid } from '../core/errors.ts';
import { REASON } from '../core/transitions.ts';

const BRAND = Symbol.for('millrace.steering');

interface Steering {
	[BRAND]: 'snooze' | 'kill' | 'retryAt' | 'rateLimited';
}

/** Thrown by a handler: run this job again later, without using an attempt. */
export class Snooze extends Error {
	override readonly name = 'Snooze';
	readonly [BRAND] = 'snooze';
	readonly delayMs: number;

	constructor(duration: Duration) {
		super(`snoozed for ${duration}`);
		this.delayMs = toMs(duration, 'duration');
	}
}

/** Thrown by a handler: the job is dead, whatever attempts it has left. */
export class Kill extends Error {
	override readonly name = 'Kill';
	readonly [BRAND] = 'kill';
	/** The reason as the store keeps it, where it is one word of a–z, 0–9 and _; otherwise it is only the message. */
	readonly reason: string | undefined;

	constructor(reason: string) {
		super(reason);
		this.reason = REASON.test(reason) ? reason : undefined;
	}
}

/** Thrown by a handler: this attempt failed, and the next one begins at that time. */
export class RetryAt extends Error {
	override readonly name = 'RetryAt';
	readonly [BRAND] = 'retryAt';
	readonly at: number;

	/** @throws INVALID for a date that is none */
	constructor(at: Date | number, message = 'retry later') {
		super(message);
		this.at = Number(at);
		if (!Number.isFinite(this.at)) throw invalid('at', 'must be a date, or epoch milliseconds', at);
	}
}

/**
 * Thrown by a handler that was told to come back later ("429, Retry-After: 30"): the job goes back without using an attempt, and its
 * group gives no jobs for so long, the whole topic if it has none.
 */
export class RateLimited extends Error {
	override readonly name = 'RateLimited';
	readonly [BRAND] = 'rateLimited';
	readonly parkMs: number;

	constructor(duration: Duration) {
		super(`rate limited for ${duration}`);
		this.parkMs = toMs(duration, 'duration');
	}
}

/** True for what steers, of any copy of this package. */
export function isSteering(thrown: unknown): thrown is (Snooze | Kill | RetryAt | RateLimited) & Steering {
	try {
		return typeof thrown === 'object' && thrown !== null && BRAND in thrown;
	} catch {
		// A proxy that was revoked.
		return false;
	}
}

export function kindOf(steering: Steering): Steering[typeof BRAND] {
	return steering[BRAND];
}
