import type { Job } from '../core/job.ts';
import type { Operation } from '../core/operation.ts';
import type { ActionResult, Engine } from '../engine/engine.ts';
import { matches } from './match.ts';
import { moveJobs } from './move.ts';

export interface Acting {
	engine: Engine;
	operation: Operation;
	/** Whoever was at work before has not said how far it came: these jobs may have been acted upon already. */
	repeated: boolean;
	/** Called before each call that changes something. @throws UNAVAILABLE when the claim could end before the call does */
	check: () => void;
}

export interface Tally {
	done: number;
	refused: number;
}

/**
 * Acts upon those of the jobs that still fit: since they were found they may have run, or somebody else may have acted upon them. Made again after a
 * crash it does no job twice; a job that it finds done already counts as done then.
 */
export async function act(acting: Acting, ids: string[]): Promise<Tally> {
	const { engine, operation, repeated, check } = acting;
	const jobs = await engine.getJobs(ids);
	const fit = jobs.filter((job) => job !== null).filter((job) => matches(operation, job));
	const others = jobs.filter((job) => job === null || !fit.includes(job));
	const before = repeated ? others.filter((job) => isDone(operation, job)).length : 0;
	check();
	const strays = repeated ? others.filter((job) => job !== null) : [];
	const done = before + (await perform(acting, fit, strays));
	return { done, refused: jobs.length - done };
}

/** Whether a job that does not fit any more looks as if the operation had been there. */
function isDone({ action }: Operation, job: Job | null): boolean {
	if (action === 'cancel') return job?.state === 'cancelled';
	return action === 'retry' ? job !== null : job === null;
}

async function perform(acting: Acting, fit: Job[], strays: Job[]): Promise<number> {
	const { engine, operation } = acting;
	const { id, action, actor, reason } = operation;
	const ids = fit.map((job) => job.id);
	if (action === 'move') return moveJobs(acting, fit, strays);
	if (ids.length === 0) return 0;
	if (action === 'retry') return countOk(await engine.retryJobs(ids));
	if (action === 'delete') return countOk(await engine.deleteJobs(ids));
	return countOk(await engine.cancelJobs(ids, { actor, reason: reason ?? `operation ${id}` }));
}

function countOk(results: ActionResult[]): number {
	return results.filter(({ status }) => status === 'ok').length;
}
