import type { SqlValue } from './driver.ts';
import type { Sql } from './sql.ts';
import type { TopicEntry, Topics } from './topics.ts';

export interface Lane {
	readonly id: number;
	readonly topic: number;
	/** The priority negated. */
	readonly rank: number;
	/** The group as the table has it: sorts the common lane first, then by the bytes of the group. */
	readonly name: string;
	turn: number;
	low: number;
	high: number;
	size: number;
}

const MAX_CACHED = 10_000;

const SAVE = `INSERT INTO lanes (id, topic, rank, name, turn, low, high, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (id) DO UPDATE SET turn = excluded.turn, low = excluded.low, high = excluded.high, size = excluded.size`;

/** The lanes table with a write-back cache like that of Topics. An empty lane has no row, but may be cached. */
export class Lanes {
	readonly #sql: Sql;
	readonly #topics: Topics;
	readonly #cache = new Map<string, Lane>();
	readonly #changed = new Set<Lane>();
	#lastId: number;

	constructor(sql: Sql, topics: Topics) {
		this.#sql = sql;
		this.#topics = topics;
		this.#lastId = sql.get<{ id: number | null }>('SELECT max(id) AS id FROM lanes')?.id ?? 0;
	}

	/** The lane of this group, empty when it holds no jobs. */
	find(topic: TopicEntry, priority: number, group: string | null): Lane {
		const rank = priority === 0 ? 0 : -priority;
		const name = group === null ? '' : `=${group}`;
		const known = this.#cache.get(keyOf(topic.id, rank, name));
		if (known !== undefined) return known;
		const sql = 'SELECT * FROM lanes WHERE topic = ? AND rank = ? AND name = ?';
		const row = this.#sql.get<Lane>(sql, [topic.id, rank, name]);
		if (row !== undefined) return this.#remember(row);
		this.#lastId++;
		return this.#remember({ id: this.#lastId, topic: topic.id, rank, name, turn: 0, low: 0, high: 1, size: 0 });
	}

	/** Counts a job in; a lane that was empty enters at the end of its ring. */
	join(topic: TopicEntry, lane: Lane): void {
		if (lane.size === 0) this.#toEnd(topic, lane);
		lane.size++;
		this.#changed.add(lane);
	}

	/** Counts a job out that need not have stood at the head; the lane keeps its turn. */
	leave(lane: Lane): void {
		lane.size--;
		this.#changed.add(lane);
	}

	/** Counts out the job at the head, and moves the lane to the end of its ring. */
	serve(topic: TopicEntry, lane: Lane): void {
		lane.size--;
		if (lane.size > 0) this.#toEnd(topic, lane);
		this.#changed.add(lane);
	}

	tail(lane: Lane): number {
		this.#changed.add(lane);
		return lane.high++;
	}

	head(lane: Lane): number {
		this.#changed.add(lane);
		return lane.low--;
	}

	/** Lanes that hold jobs, in the order in which they will be served. */
	inTurn(topic: TopicEntry, limit: number): Lane[] {
		return this.#select('WHERE topic = ? ORDER BY rank, turn LIMIT ?', [topic.id, limit]);
	}

	/** Lanes that hold jobs, by priority and name, from (rank, name) on. */
	byName(topic: TopicEntry, limit: number, { rank, name }: Pick<Lane, 'rank' | 'name'>): Lane[] {
		const where = 'WHERE topic = ? AND (rank, name) >= (?, ?) ORDER BY rank, name LIMIT ?';
		return this.#select(where, [topic.id, rank, name, limit]);
	}

	flush(): void {
		for (const lane of this.#changed) {
			const { id, topic, rank, name, turn, low, high, size } = lane;
			if (size === 0) this.#sql.run('DELETE FROM lanes WHERE id = ?', [id]);
			else this.#sql.run(SAVE, [id, topic, rank, name, turn, low, high, size]);
		}
		this.#changed.clear();
	}

	shrink(): void {
		if (this.#cache.size > MAX_CACHED) this.#cache.clear();
	}

	forget(): void {
		this.#cache.clear();
		this.#changed.clear();
	}

	#toEnd(topic: TopicEntry, lane: Lane): void {
		topic.lastTurn++;
		lane.turn = topic.lastTurn;
		this.#topics.touch(topic);
	}

	#select(where: string, params: SqlValue[]): Lane[] {
		this.flush();
		const rows = this.#sql.all<Lane>(`SELECT * FROM lanes ${where}`, params);
		return rows.map((row) => this.#cache.get(keyOf(row.topic, row.rank, row.name)) ?? this.#remember(row));
	}

	#remember(row: Lane): Lane {
		const { id, topic, rank, name, turn, low, high, size } = row;
		const lane: Lane = { id, topic, rank, name, turn, low, high, size };
		this.#cache.set(keyOf(topic, rank, name), lane);
		return lane;
	}
}

function keyOf(topic: number, rank: number, name: string): string {
	return `${topic} ${rank} ${name}`;
}
