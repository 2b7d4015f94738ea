import { LIMITS } from '../../src/core/limits.ts';
import { TRANSITIONS } from '../../src/core/transitions.ts';
import type * as seam from '../../src/engine/engine.ts';
import { reclaimed } from './ends.ts';
import * as flow from './flow.ts';
import * as model from './model.ts';
import * as moves from './moves.ts';
import * as retention from './retention.ts';

type Topics = Map<string, model.ModelTopic>;

/** What a take, a promote and an explanation do first. Returns the jobs that are dead now since their time to start is over. */
export function fallDue(topics: Topics, topic: model.ModelTopic, now: number): model.ModelJob[] {
	flow.openDue(topic, now);
	const gone = moves.expired(topic, now);
	for (const job of gone) moves.apply(topic, job, TRANSITIONS.expire, { now });
	trimAfter(
		topics,
		gone.map(({ id }) => id),
	);
	return gone;
}

/** A call that finishes k jobs of a kind lets go of up to 2k of that kind. */
export function trimAfter(topics: Topics, ids: string[]): void {
	for (const topic of topics.values()) {
		const states = ids.map((id) => topic.jobs.get(id)?.state);
		for (const state of retention.FINISHED) {
			retention.trim(topic, state, 2 * states.filter((one) => one === state).length);
		}
	}
}

/** One round: the earliest first, and no more than one may move. */
export function sweep(topics: Topics, kind: 'promote' | 'reclaim', now: number): seam.Sweep {
	const dueAt = (job: model.ModelJob) => (kind === 'promote' ? job.runAt : job.leaseExpiresAt);
	const state = kind === 'promote' ? 'delayed' : 'active';
	const all = [...topics.values()].flatMap((topic) => model.inState(topic, state).map((job) => ({ topic, job })));
	// A job that is queued behind another is delayed without a time.
	const jobs = all.filter(({ job }) => dueAt(job) !== null);
	const ordered = jobs.sort((a, b) => (dueAt(a.job) ?? 0) - (dueAt(b.job) ?? 0) || a.job.number - b.job.number);
	const due = ordered.filter(({ job }) => (dueAt(job) ?? 0) <= now);
	const moved = due.slice(0, LIMITS.sweep);
	const together: model.ModelJob[] = [];
	for (const { topic, job } of moved) {
		const transition = kind === 'promote' ? TRANSITIONS.promote : reclaimed(job, now);
		moves.apply(topic, job, transition, { now, together });
	}
	trimAfter(
		topics,
		moved.map(({ job }) => job.id),
	);
	const next = ordered[moved.length];
	const nextInMs = next === undefined ? null : Math.max(0, (dueAt(next.job) ?? 0) - now);
	return { count: moved.length, more: due.length > moved.length, nextInMs };
}
