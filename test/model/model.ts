import type { DeadReason, JobState, NewJob } from '../../src/core/job.ts';
import type { RawJson } from '../../src/core/json.ts';
import { DEFAULT_RETENTION, type TopicSettings } from '../../src/core/settings.ts';
import { move, TRANSITIONS, transitionOf } from '../../src/core/transitions.ts';

/**
 * `docs/state-machine.md` once more, as the plainest program that does it: arrays and maps, every question answered by
 * looking at all jobs. It is the judge of the engines, so it is written to be read, not to be fast.
 */

export interface ModelJob extends Omit<NewJob, 'delayMs' | 'runAt'> {
	id: string;
	number: number;
	topic: string;
	state: JobState;
	/** Attempts used up so far; a run under way is not one of them. */
	used: number;
	token: number;
	createdAt: number;
	runAt: number | null;
	leaseExpiresAt: number | null;
	finishedAt: number | null;
	reason: DeadReason | null;
	result: RawJson | null;
	error: RawJson | null;
	progress: RawJson | null;
}

export interface Lane {
	group: string | null;
	jobs: ModelJob[];
}

/** What a push or a take was answered, for as long as it must be remembered (while now < until). */
export interface Memory<T> {
	answer: T;
	until: number;
}

export interface ModelTopic {
	topic: string;
	paused: boolean;
	settings: TopicSettings;
	lastNumber: number;
	jobs: Map<string, ModelJob>;
	/** By priority, the lanes in the order in which takes serve them. A lane is there only while it holds jobs. */
	rings: Map<number, Lane[]>;
	pushes: Map<string, Memory<{ fingerprint: string; ids: string[] }>>;
	takes: Map<string, Memory<{ id: string; token: number }[]>>;
}

export function newTopic(topic: string): ModelTopic {
	return {
		topic,
		paused: false,
		settings: {},
		lastNumber: 0,
		jobs: new Map(),
		rings: new Map(),
		pushes: new Map(),
		takes: new Map(),
	};
}

export function inState(topic: ModelTopic, state: JobState): ModelJob[] {
	return [...topic.jobs.values()].filter((job) => job.state === state);
}

/** The lanes, those of the highest priority first, each ring from its front. */
export function lanesInOrder(topic: ModelTopic): Lane[] {
	const priorities = [...topic.rings.keys()].sort((a, b) => b - a);
	return priorities.flatMap((priority) => topic.rings.get(priority) ?? []);
}

/** The lanes as they are listed: the highest priority first, there no group first, then by the bytes of the name. */
export function lanesByName(topic: ModelTopic): Lane[] {
	const priorities = [...topic.rings.keys()].sort((a, b) => b - a);
	return priorities.flatMap((priority) => [...(topic.rings.get(priority) ?? [])].sort(byGroup));
}

function byGroup(a: Lane, b: Lane): number {
	if (a.group === null || b.group === null) return Number(b.group === null) - Number(a.group === null);
	return Buffer.compare(Buffer.from(a.group), Buffer.from(b.group));
}

/** The lane of a job; one that is new enters at the end of its ring. */
function laneOf(topic: ModelTopic, job: ModelJob): Lane {
	const ring = topic.rings.get(job.priority) ?? [];
	topic.rings.set(job.priority, ring);
	const known = ring.find((lane) => lane.group === job.group);
	if (known !== undefined) return known;
	const lane: Lane = { group: job.group, jobs: [] };
	ring.push(lane);
	return lane;
}

export function joinTail(topic: ModelTopic, job: ModelJob): void {
	laneOf(topic, job).jobs.push(job);
}

/** To the head, but behind those that `together` (released by the same call) holds with a smaller number. */
function joinHead(topic: ModelTopic, job: ModelJob, together: ModelJob[]): void {
	const lane = laneOf(topic, job);
	const before = lane.jobs.filter((other) => together.includes(other) && other.number < job.number);
	lane.jobs.splice(before.length, 0, job);
}

/** Takes a waiting job out of its lane, and the lane out of its ring when it is empty. */
export function leaveLane(topic: ModelTopic, job: ModelJob): void {
	const lane = laneOf(topic, job);
	lane.jobs = lane.jobs.filter((other) => other !== job);
	const ring = topic.rings.get(job.priority) ?? [];
	if (lane.jobs.length === 0) {
		topic.rings.set(
			job.priority,
			ring.filter((other) => other !== lane),
		);
	}
}

/** The job whose turn it is, taken out of its lane; undefined when nothing waits. */
export function nextInTurn(topic: ModelTopic): ModelJob | undefined {
	const front = lanesInOrder(topic)[0];
	const job = front?.jobs[0];
	if (front === undefined || job === undefined) return undefined;
	front.jobs.shift();
	const others = (topic.rings.get(job.priority) ?? []).filter((lane) => lane !== front);
	topic.rings.set(job.priority, front.jobs.length === 0 ? others : [...others, front]);
	return job;
}

export interface MoveOptions {
	now: number;
	delayMs?: number;
	/** Jobs that the same call has released already. */
	together?: ModelJob[];
	/** Why a worker kills the job. */
	reason?: string | undefined;
}

/** Makes one move of the table. */
export function apply(topic: ModelTopic, job: ModelJob, name: keyof typeof TRANSITIONS, options: MoveOptions): void {
	const { now, delayMs = 0, together = [], reason } = options;
	const transition = name === 'kill' ? transitionOf(name, reason) : TRANSITIONS[name];
	const moved = move(transition, job.used, job.maxAttempts);
	job.used = moved.attemptsUsed;
	job.reason = moved.reason;
	job.state = moved.to;
	job.runAt = null;
	job.leaseExpiresAt = null;
	job.finishedAt = null;
	if (job.state !== 'waiting') {
		job.finishedAt = now;
	} else if (delayMs > 0) {
		job.state = 'delayed';
		job.runAt = now + delayMs;
	} else if (name === 'release') {
		joinHead(topic, job, together);
	} else {
		joinTail(topic, job);
	}
}

export type FinishedState = 'completed' | 'dead';

export function retentionOf(topic: ModelTopic, state: FinishedState) {
	return topic.settings[state] ?? DEFAULT_RETENTION[state];
}

export function oldestFirst(topic: ModelTopic, state: FinishedState): ModelJob[] {
	return inState(topic, state).sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0) || a.number - b.number);
}

/** The finished jobs above the count, oldest first. */
function aboveCount(topic: ModelTopic, state: FinishedState): ModelJob[] {
	const finished = oldestFirst(topic, state);
	return finished.slice(0, Math.max(0, finished.length - retentionOf(topic, state).count));
}

/** Forgets the oldest finished jobs above the count, `most` of them at most. */
export function trim(topic: ModelTopic, state: FinishedState, most: number): void {
	for (const job of aboveCount(topic, state).slice(0, most)) topic.jobs.delete(job.id);
}

/** The finished jobs that a prune deletes: those above the count and those past their age. */
export function beyondRetention(topic: ModelTopic, state: FinishedState, now: number): ModelJob[] {
	const above = aboveCount(topic, state);
	const { ageMs } = retentionOf(topic, state);
	return oldestFirst(topic, state).filter((job) => above.includes(job) || (job.finishedAt ?? 0) + ageMs <= now);
}
