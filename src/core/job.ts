import type { Backoff } from './backoff.ts';
import type { RawJson } from './json.ts';

export const JOB_STATES = ['waiting', 'delayed', 'active', 'completed', 'dead'] as const;

export type JobState = (typeof JOB_STATES)[number];

/**
 * Why a job ended as dead: its worker vanished on the last attempt, its last attempt failed, or it was killed. A worker that
 * kills may give a word of its own, such as `invalid_payload`.
 */
export type DeadReason = 'crashed' | 'failed' | 'killed' | (string & {});

/** A job to be stored: checked, and with every default filled in. */
export interface NewJob {
	/** The payload as JSON text. It is stored and given back byte for byte. */
	data: RawJson;
	/** Higher is sooner. −1000 to 1000. */
	priority: number;
	/** The tenant that shares the topic fairly with other groups; null for the common lane. */
	group: string | null;
	/** Most runs, 1 or more; 0 leaves it to the far side of an engine that `supports.policy`. */
	maxAttempts: number;
	/** How long to wait before a retry; null leaves it to the topic's settings at that moment. */
	backoff: Backoff | null;
	/** Milliseconds from the push until the job may run, by the store's clock. 0 for at once. */
	delayMs: number;
	/** Instant before which the job must not run; replaces `delayMs`. A past instant means at once. */
	runAt: number | null;
}

/** A job as the store knows it. */
export interface Job {
	id: string;
	topic: string;
	state: JobState;
	data: RawJson;
	priority: number;
	group: string | null;
	/** 1-based number of the run for an active job; otherwise how many runs have been used. */
	attempt: number;
	maxAttempts: number;
	/** Number of the latest delivery; 0 before the first. It only grows. */
	token: number;
	backoff: Backoff | null;
	createdAt: number;
	/** When a delayed job becomes due. */
	runAt: number | null;
	/** When the lease of an active job ends. */
	leaseExpiresAt: number | null;
	finishedAt: number | null;
	/** Why a dead job is dead. */
	reason: DeadReason | null;
	/** What the completing worker handed in. */
	result: RawJson | null;
	/** What the latest failing worker handed in. */
	error: RawJson | null;
	/** What a worker last said of how far it is. */
	progress: RawJson | null;
}

/** A job received under a lease. */
export interface TakenJob {
	id: string;
	topic: string;
	/** Fencing number: every settle and extend of this delivery must carry it. */
	token: number;
	data: RawJson;
	attempt: number;
	maxAttempts: number;
	priority: number;
	group: string | null;
	createdAt: number;
	leaseExpiresAt: number;
}
