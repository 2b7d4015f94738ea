import { afterEach, beforeEach } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Blocking, Explanation } from '../../src/core/explanation.ts';
import type { Job, JobState, NewJob, TakenJob } from '../../src/core/job.ts';
import type {
	ActionResult,
	CancelledBy,
	Defect,
	Engine,
	Group,
	Outcome,
	PushedJob,
	PushResult,
	SettleResult,
	Sweep,
	TakeRequest,
} from '../../src/engine/engine.ts';
import { type TestClock, testClock } from '../support/clock.ts';
import { batch, newJob } from '../support/jobs.ts';

/** One place where an engine keeps its jobs: a file, a key prefix, or the engine's own memory. */
export interface Store {
	/** An engine on this store, not opened yet. */
	engine(clock: Clock): Engine;
}

/** What the suite must know to exercise an engine. */
export interface Harness {
	/** An empty store that no other test uses. Called while a test runs, so it may register what ends with the test. */
	newStore(): Store;
}

/** What a test works on: an open engine on an empty store, and its clock. */
export interface Subject {
	engine: Engine;
	clock: TestClock;
	store: Store;
	/** One more engine on the same store, opened; it is closed after the test as the first one is. */
	openAnother(): Promise<Engine>;
}

export type GetSubject = () => Subject;

/** Gives each test a subject of its own, and closes whatever the test opened. */
export function useSubject(harness: Harness): GetSubject {
	let subject: Subject | undefined;
	let opened: Engine[] = [];

	beforeEach(async () => {
		const store = harness.newStore();
		const clock = testClock();
		const openAnother = async () => {
			const engine = store.engine(clock);
			opened.push(engine);
			await engine.open();
			return engine;
		};
		subject = { engine: await openAnother(), clock, store, openAnother };
	});

	afterEach(async () => {
		const engines = opened;
		opened = [];
		await Promise.all(engines.map((engine) => engine.close()));
	});

	return () => {
		if (subject === undefined) throw new Error('There is a subject only while a test runs');
		return subject;
	};
}

/** Long enough that a slow machine never ends a lease, or the memory of a take, by the real time. */
export const LEASE_MS = 30_000;

export function idsOf(jobs: readonly { id: string }[]): string[] {
	return jobs.map(({ id }) => id);
}

/** Takes the only item; a test that finds none or several has failed. */
export function only<T>(items: readonly T[]): T {
	const [item] = items;
	if (item === undefined || items.length !== 1) throw new Error(`Expected one item, received ${items.length}`);
	return item;
}

export function idsOfPush(result: PushResult): string[] {
	if (result.status === 'refused') throw result.error;
	if (result.status === 'full') throw new Error('The topic has no room for the push');
	return result.status === 'created' ? idsOf(result.jobs) : result.ids;
}

/** Pushes the jobs given, in one batch; returns their ids. */
export async function pushJobs(engine: Engine, topic: string, jobs: Partial<NewJob>[]): Promise<string[]> {
	return idsOfPush(only(await engine.push([{ topic, jobs: jobs.map(newJob) }])));
}

export async function pushOne(engine: Engine, topic: string, job: Partial<NewJob> = {}): Promise<string> {
	return only(await pushJobs(engine, topic, [job]));
}

/** Pushes one job; returns what the answer says of it. */
export async function pushed(engine: Engine, topic: string, job: Partial<NewJob>): Promise<PushedJob> {
	const result = only(await engine.push([{ topic, jobs: [newJob(job)] }]));
	if (result.status !== 'created') throw new Error(`Expected a job, received ${result.status}`);
	return only(result.jobs);
}

/** Pushes `count` alike jobs in one batch; returns their ids. */
export async function pushMany(engine: Engine, topic: string, count: number, job: Partial<NewJob> = {}) {
	return idsOfPush(only(await engine.push([batch(topic, count, job)])));
}

export function take(engine: Engine, topic: string, options: Partial<TakeRequest> = {}): Promise<TakenJob[]> {
	return engine.take({ topics: [topic], max: 1, leaseMs: LEASE_MS, ...options });
}

export async function takeOne(engine: Engine, topic: string, options: Partial<TakeRequest> = {}): Promise<TakenJob> {
	return only(await take(engine, topic, options));
}

/** Takes everything that waits in a topic, a thousand at a time. */
export async function takeAll(engine: Engine, topic: string, options: Partial<TakeRequest> = {}): Promise<TakenJob[]> {
	const taken: TakenJob[] = [];
	while (true) {
		const more = await take(engine, topic, { max: 1_000, ...options });
		if (more.length === 0) return taken;
		taken.push(...more);
	}
}

/** Ends one delivery. */
export async function settle(
	engine: Engine,
	{ id, token }: { id: string; token: number },
	outcome: Outcome['outcome'],
	options: Partial<Outcome> = {},
): Promise<SettleResult> {
	return only(await engine.settle([{ id, token, outcome, ...options }]));
}

/** Ends deliveries alike; returns the answers. */
export function settleEach(
	engine: Engine,
	jobs: readonly { id: string; token: number }[],
	outcome: Outcome['outcome'],
	options: Partial<Outcome> = {},
): Promise<SettleResult[]> {
	return engine.settle(jobs.map(({ id, token }) => ({ id, token, outcome, ...options })));
}

export async function cancel(engine: Engine, id: string, by: Partial<CancelledBy> = {}): Promise<ActionResult> {
	return only(await engine.cancelJobs([id], { actor: null, reason: null, ...by }));
}

export async function explain(engine: Engine, id: string): Promise<Explanation> {
	const explanation = only(await engine.explainJobs([id]));
	if (explanation === null) throw new Error(`There is no job ${id}`);
	return explanation;
}

/** What holds a job back, in single words. */
export async function blocksOf(engine: Engine, id: string): Promise<Blocking['code'][]> {
	return (await explain(engine, id)).reasons.map(({ code }) => code);
}

export async function groupOf(engine: Engine, topic: string, group: string): Promise<Group> {
	return only(await engine.getGroups(topic, [group]));
}

export async function stateOf(engine: Engine, id: string): Promise<JobState | null> {
	return only(await engine.getJobs([id]))?.state ?? null;
}

export async function getJob(engine: Engine, id: string): Promise<Job> {
	const job = only(await engine.getJobs([id]));
	if (job === null) throw new Error(`There is no job ${id}`);
	return job;
}

/** All jobs of one state, page by page. */
export async function listAll(engine: Engine, topic: string, state: JobState, limit = 1_000): Promise<Job[]> {
	const jobs: Job[] = [];
	let cursor: string | null = null;
	do {
		const page = await engine.listJobs({ topic, state, cursor, limit });
		jobs.push(...page.jobs);
		cursor = page.nextCursor;
	} while (cursor !== null);
	return jobs;
}

/** Pushes one job to `topic` and ends it; returns its id. */
export async function finishOne(
	engine: Engine,
	topic: string,
	outcome: 'complete' | 'kill',
	options: Partial<Outcome> = {},
): Promise<string> {
	const id = await pushOne(engine, topic);
	await settle(engine, await takeOne(engine, topic), outcome, options);
	return id;
}

/** Goes through a topic, or with null through what belongs to none; returns all that is found wrong. */
export async function examineAll(
	engine: Engine,
	topic: string | null,
	{ limit = 200, repair = false } = {},
): Promise<{ examined: number; defects: Defect[] }> {
	const all = { examined: 0, defects: [] as Defect[] };
	let cursor: string | null = null;
	do {
		const step = await engine.examine({ topic, cursor, limit, repair });
		all.examined += step.examined;
		all.defects.push(...step.defects);
		cursor = step.nextCursor;
	} while (cursor !== null);
	return all;
}

/** Repeats a sweep until it has nothing more to do; returns how much it did, step by step. */
export async function sweepAll(sweep: () => Promise<Sweep>): Promise<number[]> {
	const counts: number[] = [];
	while (true) {
		const { count, more } = await sweep();
		counts.push(count);
		if (!more) return counts;
	}
}

export function sum(numbers: number[]): number {
	return numbers.reduce((total, number) => total + number, 0);
}
