import { LIMITS } from '../../core/limits.ts';
import { TRANSITIONS } from '../../core/transitions.ts';
import { CORE_COLUMNS, type CoreRow, toStoredJob } from './jobs.ts';
import { Moves } from './moves.ts';
import { openDue } from './openings.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topic-entry.ts';

const OPEN = 'FROM jobs WHERE topic = ? AND start_by IS NOT NULL AND state < 2';
const EXPIRED = `SELECT ${CORE_COLUMNS} ${OPEN} AND start_by <= ? ORDER BY start_by, number LIMIT ?`;
const FIRST = `SELECT start_by ${OPEN} ORDER BY start_by, number LIMIT 1`;

/**
 * What a take and an explanation do first: groups whose time has come may give jobs again, and jobs whose time to start is over are dead.
 * False while there are more of these than one call may handle; the topic must not give any job then.
 */
export function fallDue(store: Store, topic: TopicEntry): boolean {
	openDue(store, topic);
	if (expire(store, topic, LIMITS.batch) < LIMITS.batch) return true;
	store.topics.hintWork(topic);
	return false;
}

/** Returns how many jobs are dead now, up to `most`. */
export function expire(store: Store, topic: TopicEntry, most: number): number {
	const { next } = topic;
	if (next.expire === null || next.expire > store.now || most <= 0) return 0;
	const rows = store.sql.all<CoreRow>(EXPIRED, [topic.id, store.now, most]);
	const jobs = rows.map((row) => toStoredJob(topic, row));
	const moves = new Moves(store, jobs);
	for (const job of jobs) moves.make(job, TRANSITIONS.expire);
	moves.write();
	next.expire = nextExpiry(store, topic);
	store.topics.touch(topic);
	return jobs.length;
}

export function nextExpiry(store: Store, topic: TopicEntry): number | null {
	return store.sql.get<{ start_by: number }>(FIRST, [topic.id])?.start_by ?? null;
}
