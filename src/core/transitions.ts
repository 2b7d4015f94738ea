import type { DeadReason, JobState } from './job.ts';
import type { Rule } from './rules.ts';

/** How a delivery ends by the worker's word. */
export const OUTCOMES = ['complete', 'retry', 'kill', 'release'] as const;
export type OutcomeName = (typeof OUTCOMES)[number];

export interface Transition {
	/** The only states that it starts from. */
	from: readonly JobState[];
	to: JobState;
	/** What becomes of the number of used attempts. */
	attempt: 'charge' | 'keep' | 'reset';
	/** What it counts as, besides. */
	counts?: 'crash' | 'release';
	/** Where a job that goes to `waiting` joins its lane. A transition with a delay goes to `delayed` instead. */
	place?: 'head' | 'tail';
	/** Set where a charge that uses up the last attempt leads to `dead` instead of `to`. */
	exhausted?: DeadReason;
	/** Set where `to` is `dead` or `cancelled`. */
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
	release: { from: ['active'], to: 'waiting', attempt: 'keep', counts: 'release', place: 'head' },
	/** The lease of a job that had been started has ended. */
	reclaim: { from: ['active'], to: 'waiting', attempt: 'charge', counts: 'crash', place: 'tail', exhausted: 'crashed' },
	/** The lease of a job ended that its worker had not started. */
	unstarted: { from: ['active'], to: 'waiting', attempt: 'keep', counts: 'release', place: 'head' },
	/** The lease of a job ended with the time that it may run. */
	timeout: { from: ['active'], to: 'waiting', attempt: 'charge', place: 'tail', exhausted: 'timeout' },
	promote: { from: ['delayed'], to: 'waiting', attempt: 'keep', place: 'tail' },
	expire: { from: ['waiting', 'delayed'], to: 'dead', attempt: 'keep', reason: 'expired' },
	cancel: { from: ['waiting', 'delayed', 'active'], to: 'cancelled', attempt: 'keep', reason: 'cancelled' },
	requeue: { from: ['dead', 'cancelled'], to: 'waiting', attempt: 'reset', place: 'tail' },
} as const satisfies Record<string, Transition>;

/** The states in which a job may be forgotten: all but that in which a worker holds it. */
export const FORGETTABLE: readonly JobState[] = ['delayed', 'waiting', 'completed', 'dead', 'cancelled'];

/** Those of the states that an action starts from which its caller names; all of them by default. */
export function startsOf(from: readonly JobState[], named: readonly JobState[] = from): readonly JobState[] {
	return from.filter((state) => named.includes(state));
}

/** What the deliveries of a job have used up so far. */
export interface Used {
	attempts: number;
	crashes: number;
	releases: number;
}

/** How much of it there is. */
export interface Allowed {
	attempts: number;
	crashes: number;
	/** The time in which a failed attempt may be followed by another is over. */
	timeIsOver: boolean;
}

/** What a transition does to one job. */
export interface Move {
	to: JobState;
	used: Used;
	reason: DeadReason | null;
}

/** A word that a worker may give as the reason when it kills a job. */
export const REASON = /^[a-z0-9_]{1,64}$/;

export const REASON_WORD: Rule = {
	expected: 'must be 1 to 64 of a–z 0–9 _',
	allows: (value) => typeof value === 'string' && REASON.test(value),
	json: { pattern: REASON.source },
};

/** How a delivery ends by this outcome; a kill may bring its own reason. */
export function transitionOf(outcome: OutcomeName, reason?: string): Transition {
	const transition: Transition = TRANSITIONS[outcome];
	return outcome === 'kill' && reason !== undefined ? { ...transition, reason } : transition;
}

/**
 * Applies a transition's rule: charge, then dead if nothing is left.
 * The Lua library `move.lua` holds the same lines; the model test compares the two.
 */
export function move(transition: Transition, before: Used, allowed: Allowed): Move {
	const used = count(transition, before);
	const exhausted = used.attempts >= allowed.attempts || used.crashes >= allowed.crashes || allowed.timeIsOver;
	if (transition.exhausted !== undefined && exhausted) return { to: 'dead', used, reason: transition.exhausted };
	return { to: transition.to, used, reason: transition.reason ?? null };
}

function count({ attempt, counts }: Transition, { attempts, crashes, releases }: Used): Used {
	if (attempt === 'reset') return { attempts: 0, crashes: 0, releases: 0 };
	return {
		attempts: attempts + (attempt === 'charge' ? 1 : 0),
		crashes: crashes + (counts === 'crash' ? 1 : 0),
		releases: releases + (counts === 'release' ? 1 : 0),
	};
}

/**
 * Where a job joins its lane. A group with a limit of one is strict order: whatever comes back from a worker goes to the head again, and a
 * wait before its next attempt holds up the group.
 */
export function keepsPlace(transition: Transition, ordered: boolean, onRetry: 'keep' | 'requeue' = 'keep'): boolean {
	return ordered && onRetry === 'keep' && transition.from[0] === 'active';
}
