import { groupBlocks, nextJob, topicBlocks, topicRateBlocks } from './flow.ts';
import { lanesInTurn } from './lanes.ts';
import { inState, type ModelTopic } from './model.ts';

/** When a promote will have something to do: a job falls due, or it is too late to start it, or a group or the topic gives jobs again. */
export function inSight(topic: ModelTopic, now: number): number[] {
	const delayed = inState(topic, 'delayed');
	const open = [...delayed, ...inState(topic, 'waiting')];
	const openings = [...topic.groups.values()].map(({ opening }) => opening);
	const times = [...delayed.map(({ runAt }) => runAt), ...open.map(({ startBy }) => startBy), ...openings];
	return [...times, topicOpens(topic, now)].filter((at) => at !== null);
}

/** When a topic that holds back its jobs may give one; null when it is not known, or when it does not hold them back. */
function topicOpens(topic: ModelTopic, now: number): number | null {
	if (topic.lanes.length === 0 || nextJob(topic, now, false) !== undefined) return null;
	const blocks = topicBlocks(topic, now);
	const ends = blocks.map((block) => {
		if (block.code === 'topic_paused' || block.code === 'topic_parked') return block.until;
		return null;
	});
	if (ends.some((end) => end === null)) return null;
	if (ends.length > 0) return Math.max(...ends.map((end) => end ?? 0));
	const heads = lanesInTurn(topic).flatMap(({ jobs }) => jobs.slice(0, 1));
	const head = heads.find((job) => groupBlocks(topic, job, now).length === 0);
	const [rate] = head === undefined ? [] : topicRateBlocks(topic, head, now);
	return rate?.code === 'topic_rate' ? rate.opensAt : null;
}
