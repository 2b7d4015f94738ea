import { stepOf } from '../../src/core/fairness.ts';
import type { Lane, ModelJob, ModelTopic } from './model.ts';

/** No group first, then by the bytes of the name. */
export function byGroup(a: { group: string | null }, b: { group: string | null }): number {
	if (a.group === null || b.group === null) return Number(b.group === null) - Number(a.group === null);
	return Buffer.compare(Buffer.from(a.group), Buffer.from(b.group));
}

/** The lanes that can be served, those of the highest priority first, each ring in the order of its turns. */
export function lanesInTurn(topic: ModelTopic): Lane[] {
	const open = topic.lanes.filter(({ held }) => !held);
	return open.sort((a, b) => b.priority - a.priority || a.time - b.time || byGroup(a, b));
}

/** The lanes as they are listed, held or not. */
export function lanesByName(topic: ModelTopic): Lane[] {
	return [...topic.lanes].sort((a, b) => b.priority - a.priority || byGroup(a, b));
}

export function weightOf(topic: ModelTopic, group: string | null): number {
	return (group === null ? undefined : topic.groups.get(group)?.settings.weight) ?? 1;
}

/** As if the lane had just been served when the ring stood where it stands: it waits for one turn of its weight. */
export function enterRing(topic: ModelTopic, lane: Lane): void {
	const ring = topic.lanes.filter((other) => other !== lane && other.priority === lane.priority && !other.held);
	const now = ring.length === 0 ? 0 : Math.min(...ring.map(({ time }) => time));
	lane.time = now + stepOf(weightOf(topic, lane.group));
	lane.held = false;
}

/** The lane of a job; one that is new enters its ring. */
function laneOf(topic: ModelTopic, { priority, group }: ModelJob): Lane {
	const known = topic.lanes.find((lane) => lane.priority === priority && lane.group === group);
	if (known !== undefined) return known;
	const lane: Lane = { priority, group, jobs: [], time: 0, held: false };
	topic.lanes.push(lane);
	enterRing(topic, lane);
	return lane;
}

export function joinTail(topic: ModelTopic, job: ModelJob): void {
	laneOf(topic, job).jobs.push(job);
}

/** To the head, but behind those that `together` (put there by the same call) holds with a smaller number. */
export function joinHead(topic: ModelTopic, job: ModelJob, together: ModelJob[]): void {
	const lane = laneOf(topic, job);
	const before = lane.jobs.filter((other) => together.includes(other) && other.number < job.number);
	lane.jobs.splice(before.length, 0, job);
}

/** Takes a waiting job out of its lane; an empty lane is gone. */
export function leaveLane(topic: ModelTopic, job: ModelJob): void {
	const lane = laneOf(topic, job);
	lane.jobs = lane.jobs.filter((other) => other !== job);
	if (lane.jobs.length === 0) topic.lanes = topic.lanes.filter((other) => other !== lane);
}

/** Counts a turn of the lane and takes out its head. */
export function serve(topic: ModelTopic, job: ModelJob): void {
	laneOf(topic, job).time += stepOf(weightOf(topic, job.group));
	leaveLane(topic, job);
}
