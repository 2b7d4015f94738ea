import type { JobState } from '../../core/job.ts';
import { LIMITS } from '../../core/limits.ts';
import { TRANSITIONS, type Transition } from '../../core/transitions.ts';
import type { Sweep } from '../engine.ts';
import { expire, nextExpiry } from './due.ts';
import { CORE_COLUMNS, type CoreRow, QUEUED_AT, STATE, type StoredJob, toStoredJob } from './jobs.ts';
import { Moves } from './moves.ts';
import { nextOpening, openDue } from './openings.ts';
import type { Store } from './store.ts';
import type { TopicEntry, Upkeep } from './topic-entry.ts';

/** How many topics with an outdated bound one call puts right on its way to the earliest due time. */
const MAX_CORRECTIONS = LIMITS.sweep;

/** A due job with what its state alone is about. */
interface DueRow extends CoreRow {
	at: number;
	worker: string | null;
	unstarted: number | null;
}

interface Due {
	job: StoredJob;
	row: DueRow;
}

interface Kind {
	upkeep: Upkeep;
	/** Which move a due job makes. */
	transition: (moves: Moves, due: Due, now: number) => Transition;
	/** Jobs of a topic that are due, the earliest first. */
	due: string;
	first: string;
}

function kind(upkeep: Upkeep, state: JobState, transition: Kind['transition']): Kind {
	const from = `FROM jobs WHERE topic = ? AND state = ${STATE[state]}`;
	return {
		upkeep,
		transition,
		due: `SELECT ${CORE_COLUMNS}, at, worker, unstarted ${from} AND at <= ? ORDER BY at, number LIMIT ?`,
		first: `SELECT at ${from} ORDER BY at, number LIMIT 1`,
	};
}

const PROMOTE = kind('promote', 'delayed', () => TRANSITIONS.promote);
const RECLAIM = kind('reclaim', 'active', endOfLease);

/** Which end of a lease it is; a crash and a timeout stand in the history. */
function endOfLease(moves: Moves, { job, row: { worker, unstarted } }: Due, now: number): Transition {
	if (job.runUntil !== null && job.runUntil <= now) {
		moves.tell(job, 'timeout', worker, null);
		return TRANSITIONS.timeout;
	}
	if (unstarted === 1) return TRANSITIONS.unstarted;
	moves.tell(job, 'crashed', worker, null);
	return TRANSITIONS.reclaim;
}

export function promote(store: Store): Sweep {
	const { topics, now } = store;
	const due = (upkeep: Upkeep) => topics.due(upkeep, now, LIMITS.sweep);
	let expired = 0;
	for (const topic of new Set([...due('open'), ...due('expire')])) {
		openDue(store, topic);
		expired += expire(store, topic, LIMITS.sweep - expired);
	}
	// Those that are left must not be promoted, so they go first.
	if (expired === LIMITS.sweep) return { count: expired, more: true, nextInMs: 0 };
	const swept = sweep(store, PROMOTE);
	const opening = earliest(store, 'open', (topic) => nextOpening(store, topic));
	const expiry = earliest(store, 'expire', (topic) => nextExpiry(store, topic));
	return { count: swept.count + expired, ...whatIsLeft(store, [swept.next, opening, expiry]) };
}

export function reclaim(store: Store): Sweep {
	const { count, next } = sweep(store, RECLAIM);
	return { count, ...whatIsLeft(store, [next]) };
}

/** Moves jobs that are due, and tells when the next ones are. */
function sweep(store: Store, { upkeep, transition, due, first }: Kind): { count: number; next: number | null } {
	const topics = store.topics.due(upkeep, store.now, LIMITS.sweep);
	const jobs = collectDue(store, topics, upkeep, due);
	const moves = new Moves(
		store,
		jobs.map(({ job }) => job),
	);
	for (const one of jobs) moves.make(one.job, transition(moves, one, store.now));
	moves.write();
	const exact = (topic: TopicEntry) => {
		const at = store.sql.get<{ at: number }>(first, [topic.id])?.at ?? null;
		return at === QUEUED_AT ? null : at;
	};
	for (const topic of topics) setNext(store, topic, upkeep, exact(topic));
	return { count: jobs.length, next: earliest(store, upkeep, exact) };
}

/** The first jobs due over all topics. */
function collectDue(store: Store, topics: TopicEntry[], upkeep: Upkeep, due: string): Due[] {
	const found: Due[] = [];
	for (const topic of topics) {
		// Topics come by their bound: once enough jobs lie before it, no further topic has an earlier one.
		const bound = topic.next[upkeep] ?? store.now;
		if (found.filter(({ row }) => row.at < bound).length >= LIMITS.sweep) break;
		const rows = store.sql.all<DueRow>(due, [topic.id, store.now, LIMITS.sweep]);
		for (const row of rows) found.push({ job: toStoredJob(topic, row), row });
	}
	found.sort((a, b) => {
		return a.row.at - b.row.at || compare(a.job.topic.name, b.job.topic.name) || a.job.number - b.job.number;
	});
	return found.slice(0, LIMITS.sweep);
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

/** @param times - of whatever comes next; null where nothing is in sight */
export function whatIsLeft({ now }: Store, times: (number | null)[]): Omit<Sweep, 'count'> {
	const known = times.filter((at) => at !== null);
	if (known.length === 0) return { more: false, nextInMs: null };
	const next = Math.min(...known);
	return { more: next <= now, nextInMs: Math.max(0, next - now) };
}
