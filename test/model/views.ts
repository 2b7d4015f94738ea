import { invalid } from '../../src/core/errors.ts';
import type { Job, TakenJob } from '../../src/core/job.ts';
import { JOB_STATES } from '../../src/core/job.ts';
import type * as seam from '../../src/engine/engine.ts';
import { isPaused, slotsOf } from './flow.ts';
import { lanesByName } from './lanes.ts';
import * as model from './model.ts';
import { attemptOf } from './moves.ts';
import { oldestFirst } from './retention.ts';

/** How the model shows its jobs and topics through the interface of the engines. */

export function jobView(job: model.ModelJob): Job {
	const { number: _n, used, started: _s, runUntil: _r, slot: _l, startBy: _b, retryUntil: _u, ...rest } = job;
	return { ...rest, attempt: attemptOf(job), crashes: used.crashes, releases: used.releases };
}

export function takenView(job: model.ModelJob): TakenJob {
	const { id, topic, token, data, maxAttempts, priority, group, createdAt, timeoutMs } = job;
	const leaseExpiresAt = job.leaseExpiresAt ?? 0;
	const taken = {
		id,
		topic,
		token,
		data,
		attempt: attemptOf(job),
		maxAttempts,
		priority,
		group,
		createdAt,
		leaseExpiresAt,
	};
	return timeoutMs === undefined ? taken : { ...taken, timeoutMs };
}

export function readCursor(cursor: string | null): Set<string> {
	try {
		const shown: unknown = cursor === null ? [] : JSON.parse(cursor);
		if (Array.isArray(shown)) return new Set(shown.map(String));
	} catch {
		// Told below, as for JSON that is no list.
	}
	throw invalid('cursor', 'must be the nextCursor of a page', cursor);
}

export function listInOrder(topic: model.ModelTopic, state: Job['state']): model.ModelJob[] {
	const jobs = model.inState(topic, state);
	if (state === 'waiting') return lanesByName(topic).flatMap((lane) => lane.jobs);
	if (state === 'delayed') return jobs.sort((a, b) => dueOf(a) - dueOf(b) || a.number - b.number);
	if (state === 'active') {
		return jobs.sort((a, b) => (a.leaseExpiresAt ?? 0) - (b.leaseExpiresAt ?? 0) || a.number - b.number);
	}
	return oldestFirst(topic, state).reverse();
}

/** Jobs that are queued behind another come last. */
function dueOf({ runAt }: model.ModelJob): number {
	return runAt ?? Number.MAX_SAFE_INTEGER;
}

export function topicView(topic: model.ModelTopic, now: number): seam.Topic {
	const counts = Object.fromEntries(JOB_STATES.map((state) => [state, model.inState(topic, state).length]));
	const heads = topic.lanes.flatMap((lane) => lane.jobs.slice(0, 1));
	const paused = isPaused(topic, now);
	return {
		topic: topic.topic,
		paused,
		pausedUntil: paused ? topic.pausedUntil : null,
		counts: counts as seam.JobCounts,
		oldestWaitingMs: heads.length === 0 ? null : Math.max(0, ...heads.map((job) => now - job.createdAt)),
		settings: topic.settings,
	};
}

export function groupView(topic: model.ModelTopic, name: string, now: number): seam.Group {
	const group = model.groupOf(topic, name);
	const paused = isPaused(group, now);
	const isParked = group.parkedUntil !== null && group.parkedUntil > now;
	return {
		group: name,
		paused,
		pausedUntil: paused ? group.pausedUntil : null,
		parkedUntil: isParked ? group.parkedUntil : null,
		waiting: topic.lanes.filter((lane) => lane.group === name).reduce((sum, { jobs }) => sum + jobs.length, 0),
		active: slotsOf(topic, name).length,
		settings: group.settings,
	};
}
