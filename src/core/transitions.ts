import type { DeadReason, JobState } from './job.ts';

/** How a delivery ends by the worker's word. */
export const OUTCOMES = ['complete', 'retry', 'kill', 'release'] as const;
export type OutcomeName = (typeof OUTCOMES)[number];

export interface Transition {
	/** The only states that it starts from. */
	from: readonly JobState[];
	to: JobState;
	/** What becomes of the number of used attempts. */
	attempt: 'charge' | 'keep' | 'reset';
	/** Where a job that goes to `waiting` joins its lane. A transition with a delay goes to `delayed` instead. */
	place?: 'head' | 'tail';
	/** Set where a charge that uses up the last attempt leads to `dead` instead of `to`. */
	exhausted?: DeadReason;
	/** Set where `to` is `dead`. */
	reason?: DeadReason;
}

/**
 * Every move that a stored job can make. Both engines and the model test are driven by this table;
 * `docs/state-machine.md` draws it. `take` is the only move not listed: waiting → active, from the head of a lane.
 */
export const TRANSITIONS = {
	complete: { from: ['active'], to: 'completed', attempt: 'charge' },
	retry: { from: ['active'], to: 'waiting', attempt: 'charge', place: 'tail', exhausted: 'failed' },
	kill: { from: ['active'], to: 'dead', attempt: 'charge', reason: 'killed' },
	release: { from: ['active'], to: 'waiting', attempt: 'keep', place: 'head' },
	reclaim: { from: ['active'], to: 'waiting', attempt: 'charge', place: 'tail', exhausted: 'crashed' },
	promote: { from: ['delayed'], to: 'waiting', attempt: 'keep', place: 'tail' },
	requeue: { from: ['dead'], to: 'waiting', attempt: 'reset', place: 'tail' },
} as const satisfies Record<string, Transition>;

/** What a transition does to one job, given what it has used of its attempts. */
export interface Move {
	to: JobState;
	attemptsUsed: number;
	reason: DeadReason | null;
}

/** A word that a worker may give as the reason when it kills a job. */
export const REASON = /^[a-z0-9_]{1,64}$/;

/** How a delivery ends by this outcome; a kill may bring its own reason. */
export function transitionOf(outcome: OutcomeName, reason?: string): Transition {
	const transition: Transition = TRANSITIONS[outcome];
	return outcome === 'kill' && reason !== undefined ? { ...transition, reason } : transition;
}

/**
 * Applies a transition's rule: charge, then dead if nothing is left.
 * The Lua library `move.lua` holds the same four lines; the model test compares the two.
 */
export function move(transition: Transition, attemptsUsed: number, maxAttempts: number): Move {
	const used = transition.attempt === 'reset' ? 0 : attemptsUsed + (transition.attempt === 'charge' ? 1 : 0);
	const exhausted = transition.exhausted !== undefined && used >= maxAttempts;
	if (exhausted) return { to: 'dead', attemptsUsed: used, reason: transition.exhausted ?? null };
	return { to: transition.to, attemptsUsed: used, reason: transition.reason ?? null };
}
