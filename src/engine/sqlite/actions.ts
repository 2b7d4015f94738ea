import { formatId } from '../../core/ids.ts';
import type { JobState } from '../../core/job.ts';
import { toRawJson } from '../../core/json.ts';
import { FORGETTABLE, startsOf, TRANSITIONS } from '../../core/transitions.ts';
import type { ActionResult, CancelledBy } from '../engine.ts';
import { findJobs, QUEUED_AT, type StoredJob } from './jobs.ts';
import { Moves } from './moves.ts';
import { removeJobs } from './retention.ts';
import type { Store } from './store.ts';

/** Does one action on each of these jobs, as far as the store holds them. */
function act(
	store: Store,
	ids: string[],
	action: (job: StoredJob, moves: Moves, id: string) => ActionResult,
): ActionResult[] {
	const jobs = findJobs(store, ids);
	const moves = new Moves(store, jobs.values());
	const results = ids.map((id): ActionResult => {
		const job = jobs.get(id);
		return job === undefined ? { status: 'missing' } : action(job, moves, id);
	});
	moves.write();
	return results;
}

/** The job wants its key back. */
export function retryJobs(store: Store, ids: string[], states?: readonly JobState[]): ActionResult[] {
	const from = startsOf(TRANSITIONS.requeue.from, states);
	return act(store, ids, (job, moves) => {
		if (!from.includes(job.state)) return { status: 'refused', state: job.state };
		const { topic, number } = job;
		const { unique } = job.terms;
		const hold = unique && store.keys.find(topic, unique.key, store.now);
		if (hold !== undefined) return { status: 'held', by: formatId(topic.name, hold.holder) };
		moves.make(job, TRANSITIONS.requeue);
		if (unique !== undefined) store.keys.hold(topic, unique, number, store.now);
		moves.setDeadlines(job, store.now);
		return { status: 'ok' };
	});
}

export function promoteJobs(store: Store, ids: string[]): ActionResult[] {
	return act(store, ids, (job, moves) => {
		if (job.state !== 'delayed' || job.dueAt === QUEUED_AT) return { status: 'refused', state: job.state };
		moves.make(job, TRANSITIONS.promote);
		return { status: 'ok' };
	});
}

export function cancelJobs(
	store: Store,
	ids: string[],
	{ actor, reason }: CancelledBy,
	states?: readonly JobState[],
): ActionResult[] {
	const from = startsOf(TRANSITIONS.cancel.from, states);
	return act(store, ids, (job, moves, id) => {
		if (!from.includes(job.state)) return { status: 'refused', state: job.state };
		if (job.state === 'active') store.hints.cancelled(id);
		moves.tell(job, 'cancelled', actor, reason === null ? null : toRawJson(reason));
		moves.make(job, TRANSITIONS.cancel);
		return { status: 'ok' };
	});
}

export function deleteJobs(store: Store, ids: string[], states?: readonly JobState[]): ActionResult[] {
	const from = startsOf(FORGETTABLE, states);
	const gone: StoredJob[] = [];
	const deleted = new Set<string>();
	const results = act(store, ids, (job, moves, id) => {
		// The same id once more in this call finds nothing.
		if (deleted.has(id)) return { status: 'missing' };
		if (!from.includes(job.state)) return { status: 'refused', state: job.state };
		moves.remove(job);
		deleted.add(id);
		gone.push(job);
		return { status: 'ok' };
	});
	if (gone.length > 0) removeJobs(store, gone);
	return results;
}
