import { inState, type ModelTopic } from './model.ts';

/** When a promote will have something to do: a job falls due, or it is too late to start it, or a group or the topic gives jobs again. */
export function inSight(topic: ModelTopic): number[] {
	const delayed = inState(topic, 'delayed');
	const open = [...delayed, ...inState(topic, 'waiting')];
	const groups = [...topic.groups].filter(([name]) => topic.lanes.some(({ group }) => group === name));
	const openings = [topic.lanes.length > 0 ? topic.opening : null, ...groups.map(([, { opening }]) => opening)];
	const times = [...delayed.map(({ runAt }) => runAt), ...open.map(({ startBy }) => startBy), ...openings];
	return times.filter((at) => at !== null);
}
