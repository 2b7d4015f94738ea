import { TRANSITIONS } from '../../src/core/transitions.ts';
import type * as seam from '../../src/engine/engine.ts';
import * as model from './model.ts';
import * as moves from './moves.ts';

/** Why a token is refused. */
export function refusal({ state }: model.ModelJob): { status: 'stale' } | { status: 'cancelled' } {
	return { status: state === 'cancelled' ? 'cancelled' : 'stale' };
}

/** What the worker says of a job, kept with it. */
export function handIn(job: model.ModelJob, { outcome, result, error }: seam.Outcome, now: number): void {
	if (outcome === 'complete') job.result = result ?? null;
	if (outcome !== 'retry' && outcome !== 'kill') return;
	job.error = error ?? null;
	moves.tell(job, outcome === 'retry' ? 'failed' : 'killed', now, job.worker, job.error);
}

/** Which end of a lease it is; a crash and a timeout stand in the history. */
export function reclaimed(job: model.ModelJob, now: number) {
	if (job.runUntil !== null && job.runUntil <= now) {
		moves.tell(job, 'timeout', now, job.worker, null);
		return TRANSITIONS.timeout;
	}
	if (!job.started) return TRANSITIONS.unstarted;
	moves.tell(job, 'crashed', now, job.worker, null);
	return TRANSITIONS.reclaim;
}

/** The later of two parks holds. */
export function park(topic: model.ModelTopic, name: string | null, until: number): void {
	const parked = name === null ? topic : model.groupOf(topic, name);
	parked.parkedUntil = Math.max(parked.parkedUntil ?? 0, until);
	// The next take finds out.
	if (name === null) topic.opening = null;
}
