import { invalid, MillraceError } from '../core/errors.ts';
import { checkId } from '../core/ids.ts';
import type { Job } from '../core/job.ts';
import { LIMITS } from '../core/limits.ts';
import { checkOptional, NAME, WORDS } from '../core/rules.ts';
import type { ActionResult, CancelledBy, Engine } from '../engine/engine.ts';
import { expectDone } from './actions.ts';

/** Who cancels and why; both stand in the job's history. */
export interface CancelOptions {
	/** Up to 1,000 characters. Default: none. */
	reason?: string;
	/** Up to 128 characters. Default: none. */
	actor?: string;
}

type Open = () => Promise<Engine>;

/** @throws INVALID, NOT_FOUND, WRONG_STATE for a job that has ended otherwise */
export async function cancelJob(open: Open, id: string, options: CancelOptions): Promise<void> {
	const [result] = await cancelJobs(open, [id], options);
	// It is what was asked for.
	if (result?.status === 'refused' && result.state === 'cancelled') return;
	expectDone(id, 'cancelled', result);
}

/** @throws INVALID */
export async function cancelJobs(open: Open, ids: string[], options: CancelOptions): Promise<ActionResult[]> {
	if (ids.length > LIMITS.batch) throw invalid('ids', `must be at most ${LIMITS.batch} ids`, `${ids.length} ids`);
	for (const id of ids) checkId(id);
	const by = cancelledBy(options);
	return (await open()).cancelJobs(ids, by);
}

/** @throws INVALID */
export function cancelledBy({ reason, actor }: CancelOptions): CancelledBy {
	checkOptional('actor', actor, NAME);
	checkOptional('reason', reason, WORDS);
	return { actor: actor ?? null, reason: reason ?? null };
}

/** What one is told who waits for the result of a cancelled job. */
export function cancelledError({ id, history }: Job): MillraceError {
	const entry = history.find(({ kind }) => kind === 'cancelled');
	const by = entry?.by ? ` by ${entry.by}` : '';
	const why = entry?.error ? `: ${String(JSON.parse(entry.error))}` : '';
	return new MillraceError('JOB_CANCELLED', `Job ${id} was cancelled${by}${why}`);
}
