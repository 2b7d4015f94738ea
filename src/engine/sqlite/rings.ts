import type { Lane } from './lanes.ts';
import type { Sql } from './sql.ts';
import type { TopicEntry } from './topic-entry.ts';

const MAX_CACHED = 10_000;

const LEAST = 'SELECT time FROM lanes WHERE topic = ? AND held = 0 AND rank = ? ORDER BY time LIMIT 1';

/** The least virtual time of each ring, remembered for as long as it is certain: a lane that enters a ring does not change it. */
export class Rings {
	readonly #sql: Sql;
	/** Writes what the lanes table does not have yet. */
	readonly #flush: () => void;
	readonly #least = new Map<string, number>();

	constructor(sql: Sql, flush: () => void) {
		this.#sql = sql;
		this.#flush = flush;
	}

	/** undefined for an empty ring. */
	least(topic: TopicEntry, rank: number): number | undefined {
		const known = this.#least.get(keyOf(topic.id, rank));
		if (known !== undefined) return known;
		// A topic in which nothing waits has no ring.
		if (topic.counts.waiting === 0) return undefined;
		this.#flush();
		const row = this.#sql.get<{ time: number }>(LEAST, [topic.id, rank]);
		if (row !== undefined) this.#least.set(keyOf(topic.id, rank), row.time);
		return row?.time;
	}

	/** A lane has come in, at a time that is not below the least. */
	entered({ topic, rank, time }: Lane): void {
		const key = keyOf(topic, rank);
		if (!this.#least.has(key)) this.#least.set(key, time);
	}

	/** A lane is about to be served or has gone. */
	moved({ topic, rank, time }: Lane): void {
		const key = keyOf(topic, rank);
		if (this.#least.get(key) === time) this.#least.delete(key);
	}

	shrink(): void {
		if (this.#least.size > MAX_CACHED) this.#least.clear();
	}

	forget(): void {
		this.#least.clear();
	}
}

function keyOf(topic: number, rank: number): string {
	return `${topic} ${rank}`;
}
