import type { Blocking, Explanation } from '../../src/core/explanation.ts';
import { groupBlocks, nextJob, topicBlocks, topicRateBlocks } from './flow.ts';
import { followerOf } from './keys.ts';
import type { ModelJob, ModelTopic } from './model.ts';

export function explain(topic: ModelTopic, job: ModelJob, now: number): Explanation {
	const next = job.state === 'waiting' && nextJob(topic, now, false) === job;
	const reasons = next ? [] : reasonsOf(topic, job, now);
	return { id: job.id, state: job.state, next, reasons, lastTakeAt: null };
}

function reasonsOf(topic: ModelTopic, job: ModelJob, now: number): Blocking[] {
	if (job.state === 'delayed') return [dueOrQueued(topic, job)];
	if (job.state !== 'waiting') return [];
	const blocks = [...topicBlocks(topic, now), ...groupBlocks(topic, job, now), ...topicRateBlocks(topic, job, now)];
	const behind = behindOf(topic, job);
	return behind.jobs > 0 || blocks.length === 0 ? [...blocks, behind] : blocks;
}

function dueOrQueued(topic: ModelTopic, job: ModelJob): Blocking {
	const key = job.unique?.key ?? '';
	if (followerOf(topic, job) === undefined) return { code: 'due', at: job.runAt ?? 0 };
	return { code: 'unique', key, holder: topic.keys.get(key)?.holder ?? '' };
}

function behindOf(topic: ModelTopic, job: ModelJob): { code: 'behind'; jobs: number; groups: number } {
	const own = topic.lanes.find((lane) => lane.priority === job.priority && lane.group === job.group);
	const others = topic.lanes.filter((lane) => lane !== own && !lane.held);
	const before = others.filter((lane) => lane.priority > job.priority).reduce((sum, lane) => sum + lane.jobs.length, 0);
	const groups = others.filter((lane) => lane.priority === job.priority).length;
	return { code: 'behind', jobs: before + (own?.jobs.indexOf(job) ?? 0), groups };
}
