import type { Store } from './store.ts';
import type { TopicEntry } from './topic-entry.ts';

const COUNT = 'SELECT count(*) AS used FROM (SELECT 1 FROM jobs WHERE topic = ? AND grp = ? AND slot = 1 LIMIT ?) AS l';
const COUNT_ALL = 'SELECT count(*) AS used FROM jobs WHERE topic = ? AND grp = ? AND slot = 1';

/** The slots that the groups of a topic use: jobs in the table, and those that start in the call under way. */
export class Slots {
	readonly #store: Store;
	readonly #topic: TopicEntry;
	readonly #stored = new Map<string, number>();
	readonly #starting = new Map<string, number>();

	constructor(store: Store, topic: TopicEntry) {
		this.#store = store;
		this.#topic = topic;
	}

	/** How many the group uses, counted up to its limit. */
	used(group: string, limit: number): number {
		const known = this.#stored.get(group);
		const stored = known ?? this.#store.sql.get<{ used: number }>(COUNT, [this.#topic.id, group, limit])?.used ?? 0;
		this.#stored.set(group, stored);
		return stored + (this.#starting.get(group) ?? 0);
	}

	/** A job of the group starts. */
	fill(group: string): void {
		this.#starting.set(group, (this.#starting.get(group) ?? 0) + 1);
	}
}

export function slotsInUse(store: Store, topic: TopicEntry, group: string): number {
	return store.sql.get<{ used: number }>(COUNT_ALL, [topic.id, group])?.used ?? 0;
}
