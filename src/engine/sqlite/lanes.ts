import type { Sql } from './sql.ts';
import type { TopicEntry, Topics } from './topics.ts';

export interface Lane {
	readonly id: number;
	readonly topic: number;
	/** The priority negated. */
	readonly rank: number;
	readonly group: string | null;
	turn: number;
	low: number;
	high: number;
	size: number;
}

type LaneRow = Omit<Lane, 'group'> & { grp: string | null };

const MAX_CACHED = 10_000;

const SAVE = `INSERT INTO lanes (id, topic, rank, grp, turn, low, high, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
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

	/** The lane of this name, empty when it holds no jobs. */
	find(topic: TopicEntry, priority: number, group: string | null): Lane {
		const rank = priority === 0 ? 0 : -priority;
		const known = this.#cache.get(keyOf(topic.id, rank, group));
		if (known !== undefined) return known;
		const sql = 'SELECT * FROM lanes WHERE topic = ? AND rank = ? AND grp IS ?';
		const row = this.#sql.get<LaneRow>(sql, [topic.id, rank, group]);
		if (row !== undefined) return this.#remember(row);
		this.#lastId++;
		return this.#remember({ id: this.#lastId, topic: topic.id, rank, grp: group, turn: 0, low: 0, high: 1, size: 0 });
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

	/** Lanes that hold jobs, in the order in which they will be served, from (rank, turn) on. */
	inOrder(topic: TopicEntry, limit: number, from = { rank: Number.MIN_SAFE_INTEGER, turn: 0 }): Lane[] {
		this.flush();
		const sql = 'SELECT * FROM lanes WHERE topic = ? AND (rank, turn) >= (?, ?) ORDER BY rank, turn LIMIT ?';
		const rows = this.#sql.all<LaneRow>(sql, [topic.id, from.rank, from.turn, limit]);
		return rows.map((row) => this.#cache.get(keyOf(row.topic, row.rank, row.grp)) ?? this.#remember(row));
	}

	flush(): void {
		for (const lane of this.#changed) {
			const { id, topic, rank, group, turn, low, high, size } = lane;
			if (size === 0) this.#sql.run('DELETE FROM lanes WHERE id = ?', [id]);
			else this.#sql.run(SAVE, [id, topic, rank, group, turn, low, high, size]);
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

	#remember({ grp, ...row }: LaneRow): Lane {
		const lane: Lane = { ...row, group: grp };
		this.#cache.set(keyOf(lane.topic, lane.rank, grp), lane);
		return lane;
	}
}

function keyOf(topic: number, rank: number, group: string | null): string {
	return group === null ? `${topic} ${rank}` : `${topic} ${rank} ${group}`;
}
