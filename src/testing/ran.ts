import { isMillraceError } from '../core/errors.ts';
import type { DeadReason, JobState, TakenJob } from '../core/job.ts';
import type { Engine } from '../engine/engine.ts';
import type { Delivery } from '../worker/delivery.ts';
import type { Ending } from '../worker/outcomes.ts';

/**
 * What became of a run's outcome: `ok`, it stands; `stale` or `missing`, the store refused it; `lost`, the lease was lost
 * before; `cancelled`, the job was; `timeout`, the job's own time was over; `crashed`, the worker died with it.
 */
export type Settled = 'ok' | 'stale' | 'missing' | 'lost' | 'cancelled' | 'timeout' | 'crashed';

/** What is kept of an error that a handler threw. */
export interface StoredError {
	name: string;
	message: string;
	stack?: string;
}

/** One run of a job, and the job as it was afterwards. */
export interface Ran<Result = unknown> {
	id: string;
	topic: string;
	/** 1-based number of this run. */
	attempt: number;
	/** Fencing number of this run's delivery. */
	token: number;
	settled: Settled;
	/** The job's state after this run; null when the store holds it no more. */
	state: JobState | null;
	/** What a completed job's handler returned; undefined while there is none. */
	result: Result | undefined;
	/** What this run threw, or its handler's timeout; null where it did not fail. */
	error: StoredError | null;
	/** Why a dead job is dead; null for any other. */
	reason: DeadReason | null;
}

/** Why a run has no outcome, by its signal. */
export function lossOf({ signal }: Delivery): Settled {
	const code = isMillraceError(signal.reason) ? signal.reason.code : undefined;
	if (code === 'JOB_CANCELLED') return 'cancelled';
	return code === 'TIMEOUT' ? 'timeout' : 'lost';
}

/** @param ending how the run ended; null for one that was cut short */
export async function report(
	engine: Engine,
	{ id, topic, attempt, token }: TakenJob,
	settled: Settled,
	ending: Ending | null,
): Promise<Ran> {
	const [job] = await engine.getJobs([id]);
	const result: unknown = typeof job?.result === 'string' ? JSON.parse(job.result) : undefined;
	const error: StoredError | null = ending?.error === undefined ? null : JSON.parse(ending.error);
	const after = { state: job?.state ?? null, result, error, reason: job?.reason ?? null };
	return { id, topic, attempt, token, settled, ...after };
}
