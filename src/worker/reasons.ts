import { MillraceError } from '../core/errors.ts';
import type { TakenJob } from '../core/job.ts';
import type { Lease } from '../engine/engine.ts';

// Why a handler's signal fires: its `reason`, by whose code the handler can tell them apart.

export function lostLease({ id, token }: Lease): MillraceError {
	const message = `The lease of ${id} (token ${token}) is lost; another worker may have the job`;
	return new MillraceError('STALE_LEASE', message);
}

export function cancelledJob({ id, token }: Lease): MillraceError {
	const message = `Job ${id} (token ${token}) was cancelled; what its handler does is dropped`;
	return new MillraceError('JOB_CANCELLED', message);
}

/** The job's own `timeout` is over. */
export function outOfTime({ id, timeoutMs }: TakenJob): MillraceError {
	return new MillraceError('TIMEOUT', `Job ${id} was still at work after its timeout of ${timeoutMs} ms`);
}

/** The handler's `timeout` is over. */
export function handlerTimeout(timeoutMs: number): MillraceError {
	return new MillraceError('TIMEOUT', `The handler was still at work after ${timeoutMs} ms`);
}

export function shutDown(): MillraceError {
	return new MillraceError('CLOSED', 'The worker is shutting down and its grace is over');
}
