import { LIMITS } from '../../core/limits.ts';
import type { Sweep } from '../engine.ts';
import { isOverBudget } from './budgets.ts';
import { STATE } from './jobs.ts';
import { nextMemoryExpiry, pruneMemories } from './memories.ts';
import {
	excess,
	FINISHED,
	type FinishedState,
	GOING_COLUMNS,
	type Going,
	letGo,
	oldest,
	retentionOf,
} from './retention.ts';
import type { Store } from './store.ts';
import { AT_ONCE, type TopicEntry } from './topic-entry.ts';
import { earliest, setNext, whatIsLeft } from './upkeep.ts';

export function prune(store: Store): Sweep {
	let count = 0;
	for (const topic of store.topics.due('prune', store.now, LIMITS.sweep)) {
		for (const state of FINISHED) count += pruneTopic(store, topic, state, LIMITS.sweep - count);
		count += pruneBytes(store, topic, LIMITS.sweep - count);
		setNext(store, topic, 'prune', nextPrune(store, topic));
	}
	pruneMemories(store, LIMITS.sweep);
	store.keys.prune(store.now, LIMITS.sweep);
	store.groups.prune(store.now, LIMITS.sweep);
	const next = earliest(store, 'prune', (topic) => nextPrune(store, topic));
	return { count, ...whatIsLeft(store, [next, nextMemoryExpiry(store)]) };
}

function aged(state: FinishedState): string {
	const where = `topic = ? AND state = ${STATE[state]} AND at <= ?`;
	return `SELECT ${GOING_COLUMNS} FROM jobs WHERE ${where} ORDER BY at, number LIMIT ?`;
}

/** Deletes up to `most` jobs above the count or past the age: both let the oldest go first. */
function pruneTopic(store: Store, topic: TopicEntry, state: FinishedState, most: number): number {
	if (most <= 0 || topic.counts[state] === 0) return 0;
	const { ageMs } = retentionOf(topic, state);
	const old = store.sql.all<Going>(aged(state), [topic.id, store.now - ageMs, most]);
	const above = Math.min(excess(topic, state), most);
	const going = above > old.length ? store.sql.all<Going>(oldest(state), [topic.id, above]) : old;
	letGo(store, topic, state, going);
	return going.length;
}

/** In which order finished jobs go when their payloads are too many bytes. */
const BY_WORTH: FinishedState[] = ['completed', 'cancelled', 'dead'];

function counted(state: FinishedState): string {
	const where = `topic = ? AND state = ${STATE[state]} AND bytes IS NOT NULL AND state > 2 AND number > ?`;
	return `SELECT ${GOING_COLUMNS} FROM jobs INDEXED BY jobs_counted WHERE ${where} ORDER BY at, number LIMIT ?`;
}

/** Deletes up to `most` jobs beyond the budget of finished bytes. */
function pruneBytes(store: Store, topic: TopicEntry, most: number): number {
	let count = 0;
	for (const state of BY_WORTH) {
		if (count >= most || !isOverBudget(topic)) break;
		const jobs = store.sql.all<Going>(counted(state), [topic.id, topic.countedFrom, most - count]);
		let over = topic.bytes.finished - (topic.settings.finishedBytes ?? 0);
		const going = jobs.filter(({ bytes }) => {
			const goes = over > 0;
			over -= bytes ?? 0;
			return goes;
		});
		letGo(store, topic, state, going);
		count += going.length;
	}
	return count;
}

/** When a finished job of the topic next has to go: now, if there are too many, or too large ones. */
export function nextPrune(store: Store, topic: TopicEntry): number | null {
	if (isOverBudget(topic)) return AT_ONCE;
	const times = FINISHED.flatMap((state) => {
		if (topic.counts[state] === 0) return [];
		if (excess(topic, state) > 0) return [AT_ONCE];
		const sql = `SELECT at FROM jobs WHERE topic = ? AND state = ${STATE[state]} ORDER BY at, number LIMIT 1`;
		const row = store.sql.get<{ at: number }>(sql, [topic.id]);
		return row === undefined ? [] : [row.at + retentionOf(topic, state).ageMs];
	});
	return times.length === 0 ? null : Math.min(...times);
}
