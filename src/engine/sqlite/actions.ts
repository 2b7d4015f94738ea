import { TRANSITIONS, type Transition } from '../../core/transitions.ts';
import type { ActionResult } from '../engine.ts';
import { findJobs, type StoredJob } from './jobs.ts';
import { Moves } from './moves.ts';
import { removeJobs } from './retention.ts';
import type { Store } from './store.ts';

const REQUEUE: Transition = TRANSITIONS.requeue;

export function retryJobs(store: Store, ids: string[]): ActionResult[] {
	const jobs = findJobs(store, ids);
	const moves = new Moves(store);
	const results = ids.map((id): ActionResult => {
		const job = jobs.get(id);
		if (job === undefined) return { status: 'missing' };
		if (!REQUEUE.from.includes(job.state)) return { status: 'refused', state: job.state };
		moves.make(job, REQUEUE);
		return { status: 'ok' };
	});
	moves.write();
	return results;
}

export function deleteJobs(store: Store, ids: string[]): ActionResult[] {
	const jobs = findJobs(store, ids);
	const gone: number[] = [];
	const results = ids.map((id): ActionResult => {
		const job = jobs.get(id);
		if (job === undefined) return { status: 'missing' };
		if (job.state === 'active') return { status: 'refused', state: job.state };
		countOut(store, job);
		gone.push(job.id);
		// The same id once more in this call finds nothing.
		jobs.delete(id);
		return { status: 'ok' };
	});
	if (gone.length > 0) removeJobs(store, gone);
	return results;
}

function countOut(store: Store, { topic, state, priority, group }: StoredJob): void {
	store.topics.count(topic, state, -1);
	if (state === 'waiting') store.lanes.leave(store.lanes.find(topic, priority, group));
}
