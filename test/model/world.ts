import fc from 'fast-check';
import type { Job, JobState } from '../../src/core/job.ts';
import { JOB_STATES } from '../../src/core/job.ts';
import type { Engine, Group, GroupPage, PushBatch, TakeRequest, Topic, TopicPage } from '../../src/engine/engine.ts';
import { type TestClock, testClock } from '../support/clock.ts';
import { ReferenceEngine } from './reference-engine.ts';
import { type Seen, seeNothing } from './seen.ts';

/** Few of everything, so that steps meet each other. */
export const TOPICS = ['a', 'b'];
export const GROUPS = ['x', 'y', 'z'];
export const KEYS = ['u', 'v'];

/** Some more often than others, so that steps meet there. */
export const topicName = fc.constantFrom('a', 'a', 'a', 'b');
export const groupName = fc.constantFrom('x', 'x', 'x', 'y', 'z');
export const keyName = fc.constantFrom('u', 'u', 'v');

/** The unit of leases and delays: far more real time than a sequence takes, since the tests' clock alone is to count. */
export const MINUTE = 60_000;

/** All that can be seen of a store. */
export interface Snapshot {
	topics: (Topic | null)[];
	page: TopicPage;
	/** Per topic, those of the alphabet; and those that the store lists. */
	groups: Record<string, Group[]>;
	groupPages: GroupPage[];
	/** Per topic and state, in the order of listJobs. */
	lists: Record<string, Record<JobState, Job[]>>;
	/** By index of World.ids. */
	jobs: (Job | null)[];
}

/** What the steps of one run share: the model, the clock, and what earlier steps have learnt. */
export interface World {
	reference: ReferenceEngine;
	clock: TestClock;
	/** Every id that a push has given. */
	ids: string[];
	/** Every delivery ever made. */
	deliveries: { id: string; token: number }[];
	/** Pushes with a key and takes with a request id, which may be repeated. */
	pushes: PushBatch[];
	takes: TakeRequest[];
	/** How things stand before the next step. */
	now: Snapshot;
	/** What the runs and the terms of the jobs seen so far come to. */
	seen: Seen;
	/** Closes the engines under test and opens others on the same stores; null where the data end with an engine. */
	reopen: (() => Promise<void>) | null;
	/** The latest instant that the clock has shown. */
	latest: number;
	/** Once the clock went back, the first job pushed need not be the one of the greatest age. */
	clockWentBack: boolean;
}

export async function newWorld(): Promise<World> {
	const clock = testClock();
	const reference = new ReferenceEngine(clock);
	const now = await observe(reference, []);
	const learnt = { ids: [], deliveries: [], pushes: [], takes: [] };
	return { reference, clock, ...learnt, now, seen: seeNothing(), reopen: null, latest: clock(), clockWentBack: false };
}

/** While the clock is behind, an engine may or may not know what had run out at the latest instant. */
export function memoriesAreCertain({ clock, latest }: Readonly<World>): boolean {
	return clock() >= latest;
}

async function observeTopic(engine: Engine, topic: string): Promise<Record<JobState, Job[]>> {
	const pages = await Promise.all(
		JOB_STATES.map((state) => engine.listJobs({ topic, state, cursor: null, limit: 1_000 })),
	);
	const lists = JOB_STATES.map((state, index) => [state, pages[index]?.jobs ?? []]);
	return Object.fromEntries(lists);
}

export async function observe(engine: Engine, ids: string[]): Promise<Snapshot> {
	const [topics, page, jobs, lists, groups, groupPages] = await Promise.all([
		engine.getTopics(TOPICS),
		engine.listTopics({ cursor: null, limit: 10 }),
		engine.getJobs(ids),
		Promise.all(TOPICS.map((topic) => observeTopic(engine, topic))),
		Promise.all(TOPICS.map((topic) => engine.getGroups(topic, GROUPS))),
		Promise.all(TOPICS.map((topic) => engine.listGroups({ topic, cursor: null, limit: 10 }))),
	]);
	return { topics, page, jobs, lists: byTopic(lists), groups: byTopic(groups), groupPages };
}

function byTopic<T>(values: T[]): Record<string, T> {
	return Object.fromEntries(values.map((value, index) => [TOPICS[index] ?? '', value]));
}

/** What can be compared of a store: ages only while the clock goes on, for an engine may tell that of the first pushed or of the greatest age. */
export async function look(engine: Engine, { ids, clockWentBack }: World): Promise<Snapshot> {
	const snapshot = await observe(engine, ids);
	return clockWentBack ? withoutAges(snapshot) : snapshot;
}

function withoutAges({ topics, page, ...rest }: Snapshot): Snapshot {
	const drop = (topic: Topic) => ({ ...topic, oldestWaitingMs: topic.oldestWaitingMs === null ? null : 0 });
	return {
		...rest,
		topics: topics.map((topic) => (topic === null ? null : drop(topic))),
		page: { ...page, topics: page.topics.map(drop) },
	};
}

/** One of the list, whatever the number; undefined when the list is empty. */
export function pick<T>(list: readonly T[], index: number): T | undefined {
	return list[index % list.length];
}
