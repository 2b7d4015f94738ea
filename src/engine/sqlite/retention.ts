import { DEFAULT_RETENTION, type Retention } from '../../core/settings.ts';
import { countFinishedBytes, isOverBudget } from './budgets.ts';
import { removeHistory } from './history.ts';
import { STATE } from './jobs.ts';
import type { Store } from './store.ts';
import { AT_ONCE, type TopicEntry } from './topic-entry.ts';

export const FINISHED = ['completed', 'dead', 'cancelled'] as const;
export type FinishedState = (typeof FINISHED)[number];

/** What must be known of a job to let it go. */
export interface Going {
	id: number;
	number: number;
	told: number;
	bytes: number | null;
}

export const GOING_COLUMNS = 'id, number, told, bytes';

export function retentionOf(topic: TopicEntry, state: FinishedState): Retention {
	return topic.settings[state] ?? DEFAULT_RETENTION[state];
}

/** How many jobs of the kind are kept too many. */
export function excess(topic: TopicEntry, state: FinishedState): number {
	return Math.max(0, topic.counts[state] - retentionOf(topic, state).count);
}

/** The oldest of a kind; the state is spelled out so that SQLite can use the partial index. */
export function oldest(state: FinishedState): string {
	return `SELECT ${GOING_COLUMNS} FROM jobs WHERE topic = ? AND state = ${STATE[state]} ORDER BY at, number LIMIT ?`;
}

/** After jobs finished: lets go of up to `most` above the count, and sees to it that prune does the rest. */
export function trim(store: Store, topic: TopicEntry, state: FinishedState, most: number): void {
	const count = Math.min(excess(topic, state), most);
	if (count > 0) letGo(store, topic, state, store.sql.all<Going>(oldest(state), [topic.id, count]));
	if (topic.counts[state] === 0) return;
	const dueAt = excess(topic, state) > 0 || isOverBudget(topic) ? AT_ONCE : store.now + retentionOf(topic, state).ageMs;
	store.topics.expect(topic, 'prune', dueAt, store.now);
}

/** Forgets finished jobs of one kind. */
export function letGo(store: Store, topic: TopicEntry, state: FinishedState, jobs: Going[]): void {
	if (jobs.length === 0) return;
	removeJobs(store, jobs);
	store.topics.count(topic, state, -jobs.length);
	for (const job of jobs) countFinishedBytes(topic, job, -1);
}

/** Deletes rows; whoever calls has counted them out. */
export function removeJobs(store: Store, jobs: Pick<Going, 'id' | 'told'>[]): void {
	const list = JSON.stringify(jobs.map(({ id }) => id));
	store.sql.run('DELETE FROM jobs WHERE id IN (SELECT value FROM json_each(?))', [list]);
	store.sql.run('DELETE FROM payloads WHERE job IN (SELECT value FROM json_each(?))', [list]);
	const told = jobs.filter((job) => job.told > 0).map(({ id }) => id);
	if (told.length > 0) removeHistory(store.sql, told);
}
