import { LIMITS } from '../../core/limits.ts';
import type { Sweep } from '../engine.ts';
import { STATE } from './jobs.ts';
import { nextMemoryExpiry, pruneMemories } from './memories.ts';
import { AT_ONCE, excess, FINISHED, type FinishedState, oldest, removeJobs, retentionOf } from './retention.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topics.ts';
import { earliest, setNext, whatIsLeft } from './upkeep.ts';

export function prune(store: Store): Sweep {
	let count = 0;
	const topics = store.topics.due('prune', store.now, LIMITS.sweep).flatMap((name) => store.topics.find(name) ?? []);
	for (const topic of topics) {
		for (const state of FINISHED) count += pruneTopic(store, topic, state, LIMITS.sweep - count);
		setNext(store, topic, 'prune', nextPrune(store, topic));
	}
	pruneMemories(store, LIMITS.sweep);
	const times = [earliest(store, 'prune', (topic) => nextPrune(store, topic)), nextMemoryExpiry(store)];
	const known = times.filter((at) => at !== null);
	return { count, ...whatIsLeft(store, known.length === 0 ? null : Math.min(...known)) };
}

function aged(state: FinishedState): string {
	return `SELECT id FROM jobs WHERE topic = ? AND state = ${STATE[state]} AND at <= ? ORDER BY at, number LIMIT ?`;
}

/** Deletes up to `most` jobs above the count or past the age: both let the oldest go first. */
function pruneTopic(store: Store, topic: TopicEntry, state: FinishedState, most: number): number {
	if (most === 0 || topic.counts[state] === 0) return 0;
	const { ageMs } = retentionOf(topic, state);
	const old = store.sql.all<{ id: number }>(aged(state), [topic.id, store.now - ageMs, most]);
	const above = Math.min(excess(topic, state), most);
	const rows = above > old.length ? store.sql.all<{ id: number }>(oldest(state), [topic.id, above]) : old;
	if (rows.length === 0) return 0;
	removeJobs(
		store,
		rows.map(({ id }) => id),
	);
	store.topics.count(topic, state, -rows.length);
	return rows.length;
}

/** When a finished job of the topic next has to go: now, if there are too many. */
export function nextPrune(store: Store, topic: TopicEntry): number | null {
	const times = FINISHED.flatMap((state) => {
		if (topic.counts[state] === 0) return [];
		if (excess(topic, state) > 0) return [AT_ONCE];
		const sql = `SELECT at FROM jobs WHERE topic = ? AND state = ${STATE[state]} ORDER BY at, number LIMIT 1`;
		const row = store.sql.get<{ at: number }>(sql, [topic.id]);
		return row === undefined ? [] : [row.at + retentionOf(topic, state).ageMs];
	});
	return times.length === 0 ? null : Math.min(...times);
}
