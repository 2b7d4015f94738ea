import type { Backoff } from './backoff.ts';
import type { RawJson } from './json.ts';
import type { Unique } from './unique.ts';

export const JOB_STATES = ['waiting', 'delayed', 'active', 'completed', 'dead', 'cancelled'] as const;

export type JobState = (typeof JOB_STATES)[number];

/**
 * Why a job ended as dead: its workers vanished, its last attempt failed or ran too long, its time to start was over, or it was
 * killed. A worker that kills may give a word of its own, such as `invalid_payload`.
 */
export type DeadReason = 'crashed' | 'failed' | 'timeout' | 'expired' | 'killed' | (string & {});

/** What a job may ask for beyond the plain; each is absent where the default holds. */
export interface JobTerms {
	/** How much of a rate limit one start uses, 1 to 1,000. Default 1. */
	cost?: number;
	/** Longest run, in ms from its take. Then the lease ends, whatever the worker says. Default: none. */
	timeoutMs?: number;
	/** The job must be taken within so many ms of the moment it may first run, else it is dead (`expired`). Default: no such limit. */
	ttlMs?: number;
	/** A failed attempt is followed by another only within so many ms of the moment the job may first run. Default: no such limit. */
	retryForMs?: number;
	/** Most runs that may end with their worker vanishing, before the job is dead (`crashed`). Default: `maxAttempts`. */
	maxCrashes?: number;
	/** In a group with a limit of one, a failed job keeps its place at the head, unless this says `requeue`. Default `keep`. */
	onRetry?: 'keep' | 'requeue';
	unique?: Unique;
	/** Words to find the job by, up to 10. */
	tags?: string[];
	/** The job that this one came of: whose handler pushed it, or whose retry it is with other data. */
	parent?: string;
}

/** A job to be stored: checked, and with every default filled in. */
export interface NewJob extends JobTerms {
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

/** One event that a job was through, the latest first in its history. */
export interface HistoryEntry {
	/** `failed`: the worker said so. `timeout`: it ran too long. `crashed`: the lease ended. `cancelled`: somebody asked. */
	kind: 'failed' | 'killed' | 'timeout' | 'crashed' | 'cancelled';
	at: number;
	/** The run that ended; of a job cancelled while no run was under way, the runs used. */
	attempt: number;
	/** The worker that had the job, or who cancelled it. null when none was named. */
	by: string | null;
	/** The error handed in, or why it was cancelled; null for none, or for one too long to be kept (`LIMITS.historyErrorBytes`). */
	error: RawJson | null;
}

/** A job as the store knows it. */
export interface Job extends JobTerms {
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
	/** Why a dead job is dead; `cancelled` for a cancelled one. */
	reason: DeadReason | null;
	/** How many runs ended with their worker vanishing, and how many were given back unused; since the job was last requeued. */
	crashes: number;
	releases: number;
	/** Who has an active job, if it said so. */
	worker: string | null;
	/** Up to `LIMITS.history` entries. */
	history: HistoryEntry[];
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
	/** Never later than the job's time is over. */
	leaseExpiresAt: number;
	/** Absent for no limit. */
	timeoutMs?: number;
}
