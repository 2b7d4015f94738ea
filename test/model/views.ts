import { invalid } from '../../src/core/errors.ts';
import type { Job, TakenJob } from '../../src/core/job.ts';
import { JOB_STATES } from '../../src/core/job.ts';
import type * as seam from '../../src/engine/engine.ts';
import * as model from './model.ts';

/** How the model shows its jobs and topics through the interface of the engines. */

export function jobView(job: model.ModelJob): Job {
	const { number: _, used, ...rest } = job;
	return { ...rest, attempt: job.state === 'active' ? used + 1 : used };
}

export function takenView(job: model.ModelJob): TakenJob {
	const { id, topic, token, data, maxAttempts, priority, group, createdAt } = job;
	const leaseExpiresAt = job.leaseExpiresAt ?? 0;
	return { id, topic, token, data, attempt: job.used + 1, maxAttempts, priority, group, createdAt, leaseExpiresAt };
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
	if (state === 'waiting') return model.lanesByName(topic).flatMap((lane) => lane.jobs);
	if (state === 'delayed') return jobs.sort((a, b) => (a.runAt ?? 0) - (b.runAt ?? 0) || a.number - b.number);
	if (state === 'active') {
		return jobs.sort((a, b) => (a.leaseExpiresAt ?? 0) - (b.leaseExpiresAt ?? 0) || a.number - b.number);
	}
	return model.oldestFirst(topic, state).reverse();
}

export function topicView(topic: model.ModelTopic, now: number): seam.Topic {
	const counts = Object.fromEntries(JOB_STATES.map((state) => [state, model.inState(topic, state).length]));
	const heads = model.lanesInOrder(topic).flatMap((lane) => lane.jobs.slice(0, 1));
	return {
		topic: topic.topic,
		paused: topic.paused,
		counts: counts as seam.JobCounts,
		oldestWaitingMs: heads.length === 0 ? null : Math.max(0, ...heads.map((job) => now - job.createdAt)),
		settings: topic.settings,
	};
}
