import type { JobState } from '../../core/job.ts';
import { LIMITS } from '../../core/limits.ts';
import { TRANSITIONS, type Transition } from '../../core/transitions.ts';
import type { Sweep } from '../engine.ts';
import { CORE_COLUMNS, type CoreRow, STATE, type StoredJob, toStoredJob } from './jobs.ts';
import { Moves } from './moves.ts';
import type { Store } from './store.ts';
import type { TopicEntry, Upkeep } from './topics.ts';

/** How many topics with an outdated bound one call puts right on its way to the earliest due time. */
const MAX_CORRECTIONS = LIMITS.sweep;

interface Kind {
	upkeep: Upkeep;
	transition: Transition;
	/** Jobs of a topic that are due, the earliest first. */
	due: string;
	first: string;
}

function kind(upkeep: Upkeep, state: JobState, transition: Transition): Kind {
	const from = `FROM jobs WHERE topic = ? AND state = ${STATE[state]}`;
	return {
		upkeep,
		transition,
		due: `SELECT ${CORE_COLUMNS}, at ${from} AND at <= ? ORDER BY at, number LIMIT ?`,
		first: `SELECT at ${from} ORDER BY at, number LIMIT 1`,
	};
}

const PROMOTE = kind('promote', 'delayed', TRANSITIONS.promote);
const RECLAIM = kind('reclaim', 'active', TRANSITIONS.reclaim);

export function promote(store: Store): Sweep {
	return sweep(store, PROMOTE);
}

export function reclaim(store: Store): Sweep {
	return sweep(store, RECLAIM);
}

function sweep(store: Store, { upkeep, transition, due, first }: Kind): Sweep {
	const topics = store.topics.due(upkeep, store.now, LIMITS.sweep).flatMap((name) => store.topics.find(name) ?? []);
	const jobs = collectDue(store, topics, upkeep, due);
	const moves = new Moves(store);
	for (const job of jobs) moves.make(job, transition);
	moves.write();
	const exact = (topic: TopicEntry) => store.sql.get<{ at: number }>(first, [topic.id])?.at ?? null;
	for (const topic of topics) setNext(store, topic, upkeep, exact(topic));
	const next = earliest(store, upkeep, exact);
	return { count: jobs.length, ...whatIsLeft(store, next) };
}

/** The first jobs due over all topics. */
function collectDue(store: Store, topics: TopicEntry[], upkeep: Upkeep, due: string): StoredJob[] {
	const found: { job: StoredJob; at: number }[] = [];
	for (const topic of topics) {
		// Topics come by their bound: once enough jobs lie before it, no further topic has an earlier one.
		const bound = topic.next[upkeep] ?? store.now;
		if (found.filter(({ at }) => at < bound).length >= LIMITS.sweep) break;
		const rows = store.sql.all<CoreRow & { at: number }>(due, [topic.id, store.now, LIMITS.sweep]);
		for (const row of rows) found.push({ job: toStoredJob(topic, row), at: row.at });
	}
	found.sort((a, b) => a.at - b.at || compare(a.job.topic.name, b.job.topic.name) || a.job.number - b.job.number);
	return found.slice(0, LIMITS.sweep).map(({ job }) => job);
}

function compare(a: string, b: string): number {
	if (a === b) return 0;
	return a < b ? -1 : 1;
}

export function setNext(store: Store, topic: TopicEntry, upkeep: Upkeep, at: number | null): void {
	if (topic.next[upkeep] === at) return;
	topic.next[upkeep] = at;
	store.topics.touch(topic);
}

/** The time of the next upkeep over all topics. Bounds that turn out too early are put right on the way. */
export function earliest(store: Store, upkeep: Upkeep, exact: (topic: TopicEntry) => number | null): number | null {
	for (let correction = 0; ; correction++) {
		const topic = store.topics.first(upkeep);
		if (topic === undefined) return null;
		const bound = topic.next[upkeep];
		if (correction === MAX_CORRECTIONS) return bound;
		const at = exact(topic);
		if (at === bound) return at;
		setNext(store, topic, upkeep, at);
	}
}

export function whatIsLeft({ now }: Store, next: number | null): Omit<Sweep, 'count'> {
	return { more: next !== null && next <= now, nextInMs: next === null ? null : Math.max(0, next - now) };
}
