import { DEFAULT_RETENTION, type Retention } from '../../core/settings.ts';
import { STATE } from './jobs.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topics.ts';

export const FINISHED = ['completed', 'dead'] as const;
export type FinishedState = (typeof FINISHED)[number];

/** A due time that has come whatever the clock says. */
export const AT_ONCE = 0;

export function retentionOf(topic: TopicEntry, state: FinishedState): Retention {
	return topic.settings[state] ?? DEFAULT_RETENTION[state];
}

/** How many jobs of the kind are kept too many. */
export function excess(topic: TopicEntry, state: FinishedState): number {
	return Math.max(0, topic.counts[state] - retentionOf(topic, state).count);
}

/** The ids of the oldest of a kind; the state is spelled out so that SQLite can use the partial index. */
export function oldest(state: FinishedState): string {
	return `SELECT id FROM jobs WHERE topic = ? AND state = ${STATE[state]} ORDER BY at, number LIMIT ?`;
}

/** After jobs finished: lets go of up to `most` above the count, and sees to it that prune does the rest. */
export function trim(store: Store, topic: TopicEntry, state: FinishedState, most: number): void {
	const count = Math.min(excess(topic, state), most);
	if (count > 0) {
		const ids = store.sql.all<{ id: number }>(oldest(state), [topic.id, count]).map(({ id }) => id);
		removeJobs(store, ids);
		store.topics.count(topic, state, -ids.length);
	}
	if (topic.counts[state] === 0) return;
	const dueAt = excess(topic, state) > 0 ? AT_ONCE : store.now + retentionOf(topic, state).ageMs;
	store.topics.expect(topic, 'prune', dueAt, store.now);
}

/** Deletes rows; whoever calls has counted them out. */
export function removeJobs(store: Store, ids: number[]): void {
	const list = JSON.stringify(ids);
	store.sql.run('DELETE FROM jobs WHERE id IN (SELECT value FROM json_each(?))', [list]);
	store.sql.run('DELETE FROM payloads WHERE job IN (SELECT value FROM json_each(?))', [list]);
}
