import type { HistoryEntry, JobState, NewJob } from '../../src/core/job.ts';
import type { RawJson } from '../../src/core/json.ts';
import type { Start } from '../../src/core/rate.ts';
import type { GroupSettings, TopicSettings } from '../../src/core/settings.ts';
import type { Used } from '../../src/core/transitions.ts';

/**
 * `docs/state-machine.md` and `docs/flow-control.md` once more, as the plainest program that does it: arrays and maps, every question
 * answered by looking at all jobs. It is the judge of the engines, so it is written to be read, not to be fast.
 *
 * This file is what there is; lanes.ts, flow.ts, keys.ts, moves.ts and retention.ts are what happens to it.
 */

export interface ModelJob extends Omit<NewJob, 'delayMs' | 'runAt'> {
	id: string;
	number: number;
	topic: string;
	state: JobState;
	/** Used up so far; a run under way is not one of the attempts. */
	used: Used;
	token: number;
	createdAt: number;
	/** When a delayed job is due; null for one that is queued behind another. */
	runAt: number | null;
	leaseExpiresAt: number | null;
	finishedAt: number | null;
	reason: string | null;
	result: RawJson | null;
	error: RawJson | null;
	progress: RawJson | null;
	history: HistoryEntry[];
	/** Of the run under way. */
	worker: string | null;
	started: boolean;
	runUntil: number | null;
	/** Uses one of its group's slots. */
	slot: boolean;
	/** null for no limit. */
	startBy: number | null;
	retryUntil: number | null;
}

/** A lane is there only while it holds jobs. */
export interface Lane {
	priority: number;
	group: string | null;
	jobs: ModelJob[];
	/** Virtual time: the lane of a ring that has the least is served next. */
	time: number;
	/** Out of its ring, since its group was found blocked. */
	held: boolean;
}

export interface ModelGroup {
	settings: GroupSettings;
	paused: boolean;
	pausedUntil: number | null;
	parkedUntil: number | null;
	starts: Start[];
	/** When its held lanes go back into their rings; null for no such time. */
	opening: number | null;
}

/** A key and who holds it. */
export interface Hold {
	holder: string;
	/** The end of the window; null for a scope without one. */
	until: number | null;
}

/** A job that waits for the holder of its key. */
export interface Follower {
	id: string;
	due: number;
}

/** What a push or a take was answered, for as long as it must be remembered (while now < until). */
export interface Memory<T> {
	answer: T;
	until: number;
}

export interface ModelTopic {
	topic: string;
	paused: boolean;
	pausedUntil: number | null;
	parkedUntil: number | null;
	/** When whoever waits for its jobs is to look again; null for no such time. */
	opening: number | null;
	settings: TopicSettings;
	lastNumber: number;
	/** Jobs with a higher number count for the budgets of bytes; null while there is no budget. */
	countedFrom: number | null;
	jobs: Map<string, ModelJob>;
	lanes: Lane[];
	groups: Map<string, ModelGroup>;
	starts: Start[];
	keys: Map<string, Hold>;
	followers: Map<string, Follower[]>;
	pushes: Map<string, Memory<{ fingerprint: string; ids: string[] }>>;
	takes: Map<string, Memory<{ id: string; token: number }[]>>;
}

export function newTopic(topic: string): ModelTopic {
	return {
		topic,
		paused: false,
		pausedUntil: null,
		parkedUntil: null,
		opening: null,
		settings: {},
		lastNumber: 0,
		countedFrom: null,
		jobs: new Map(),
		lanes: [],
		groups: new Map(),
		starts: [],
		keys: new Map(),
		followers: new Map(),
		pushes: new Map(),
		takes: new Map(),
	};
}

/** The group, made when there is none. */
export function groupOf(topic: ModelTopic, name: string): ModelGroup {
	const known = topic.groups.get(name);
	if (known !== undefined) return known;
	const group = { settings: {}, paused: false, pausedUntil: null, parkedUntil: null, starts: [], opening: null };
	topic.groups.set(name, group);
	return group;
}

export function inState(topic: ModelTopic, state: JobState): ModelJob[] {
	return [...topic.jobs.values()].filter((job) => job.state === state);
}
