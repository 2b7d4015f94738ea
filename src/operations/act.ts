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
	const done = mustLookAgain(acting) ? await actOnFit(acting, ids) : await perform(acting, ids);
	return { done, refused: ids.length - done };
}

/**
 * Nothing but the state, which the engine itself looks at, changes of jobs that were found a moment ago. Looking at each of them once more costs a third of
 * the work.
 */
function mustLookAgain({ operation, repeated }: Acting): boolean {
	const { action, perSecond, filter } = operation;
	return repeated || action === 'move' || perSecond !== null || filter.error !== undefined;
}

async function actOnFit(acting: Acting, ids: string[]): Promise<number> {
	const { engine, operation, repeated } = acting;
	const jobs = await engine.getJobs(ids);
	const fit = jobs.filter((job) => job !== null).filter((job) => matches(operation, job));
	const others = jobs.filter((job) => job === null || !fit.includes(job));
	const before = repeated ? others.filter((job) => isDone(operation, job)).length : 0;
	if (operation.action !== 'move') return before + (await perform(acting, idsOf(fit)));
	const strays = repeated ? others.filter((job) => job !== null) : [];
	acting.check();
	return before + (await moveJobs(acting, fit, strays));
}

function idsOf(jobs: Job[]): string[] {
	return jobs.map(({ id }) => id);
}

/** Whether a job that does not fit any more looks as if the operation had been there. */
function isDone({ action }: Operation, job: Job | null): boolean {
	if (action === 'cancel') return job?.state === 'cancelled';
	return action === 'retry' ? job !== null : job === null;
}

async function perform({ engine, operation, check }: Acting, ids: string[]): Promise<number> {
	const { id, action, actor, reason, filter } = operation;
	if (ids.length === 0) return 0;
	check();
	if (action === 'retry') return countOk(await engine.retryJobs(ids, filter.state));
	if (action === 'delete') return countOk(await engine.deleteJobs(ids, filter.state));
	return countOk(await engine.cancelJobs(ids, { actor, reason: reason ?? `operation ${id}` }, filter.state));
}

function countOk(results: ActionResult[]): number {
	return results.filter(({ status }) => status === 'ok').length;
}
