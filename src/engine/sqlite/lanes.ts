import { stepOf } from '../../core/fairness.ts';
import type { SqlValue } from './driver.ts';
import type { Groups } from './groups.ts';
import { Rings } from './rings.ts';
import type { Sql } from './sql.ts';
import type { TopicEntry } from './topic-entry.ts';
import type { Topics } from './topics.ts';

export interface Lane {
	readonly id: number;
	readonly topic: number;
	/** The priority negated. */
	readonly rank: number;
	/** The group as the table has it: sorts the common lane first, then by the bytes of the group. */
	readonly name: string;
	/** Virtual time: the lane of a ring that has the least is served next. */
	time: number;
	/** 1 for a lane that is out of its ring, since its group was found blocked. */
	held: 0 | 1;
	/** Every position in the lane lies above low and below high. */
	low: number;
	high: number;
	size: number;
}

/** The place of a lane in the order of takes. */
export type Turn = Pick<Lane, 'rank' | 'time' | 'name'>;

const MAX_CACHED = 10_000;

const SAVE = `INSERT INTO lanes (id, topic, rank, name, time, held, low, high, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (id) DO UPDATE SET time = excluded.time, held = excluded.held, low = excluded.low, high = excluded.high,
	size = excluded.size`;

export function laneName(group: string | null): string {
	return group === null ? '' : `=${group}`;
}

export function priorityOf({ rank }: Pick<Lane, 'rank'>): number {
	return rank === 0 ? 0 : -rank;
}

export function groupOf({ name }: Pick<Lane, 'name'>): string | null {
	return name === '' ? null : name.slice(1);
}

/** The lanes table with a write-back cache like that of Topics. An empty lane has no row, but may be cached. */
export class Lanes {
	readonly #sql: Sql;
	readonly #topics: Topics;
	readonly #groups: Groups;
	readonly #rings: Rings;
	readonly #cache = new Map<string, Lane>();
	readonly #changed = new Set<Lane>();
	#lastId: number;

	constructor(sql: Sql, topics: Topics, groups: Groups) {
		this.#sql = sql;
		this.#topics = topics;
		this.#groups = groups;
		this.#rings = new Rings(sql, () => this.flush());
		this.#lastId = sql.get<{ id: number | null }>('SELECT max(id) AS id FROM lanes')?.id ?? 0;
	}

	/** The lane of this group, empty when it holds no jobs. */
	find(topic: TopicEntry, priority: number, group: string | null): Lane {
		const rank = priority === 0 ? 0 : -priority;
		const name = laneName(group);
		const known = this.#cache.get(keyOf(topic.id, rank, name));
		if (known !== undefined) return known;
		const sql = 'SELECT * FROM lanes WHERE topic = ? AND rank = ? AND name = ?';
		const row = this.#sql.get<Lane>(sql, [topic.id, rank, name]);
		if (row !== undefined) return this.#remember(row);
		this.#lastId++;
		const place = { time: 0, held: 0, low: 0, high: 1, size: 0 } as const;
		return this.#remember({ id: this.#lastId, topic: topic.id, rank, name, ...place });
	}

	/** Counts a job in, before the topic does; a lane that was empty enters its ring. */
	join(topic: TopicEntry, lane: Lane): void {
		if (lane.size === 0) this.enter(topic, lane);
		lane.size++;
		this.#changed.add(lane);
	}

	/** As if the lane had just been served when the ring stood where it stands: it waits for one turn of its weight. */
	enter(topic: TopicEntry, lane: Lane): void {
		lane.time = (this.#rings.least(topic, lane.rank) ?? 0) + this.#step(topic, lane);
		lane.held = 0;
		this.#rings.entered(lane);
		this.#changed.add(lane);
		this.#topics.hintWork(topic);
	}

	/** Counts a job out that need not have stood at the head; the lane keeps its turn. */
	leave(lane: Lane): void {
		lane.size--;
		if (lane.size === 0) this.#rings.moved(lane);
		this.#changed.add(lane);
	}

	/** Counts a turn of the lane, and out the job at its head. */
	serve(topic: TopicEntry, lane: Lane): void {
		this.#rings.moved(lane);
		lane.time += this.#step(topic, lane);
		lane.size--;
		this.#changed.add(lane);
	}

	/** The lane holds so many jobs as were counted, and not as many as it said. */
	resize(lane: Lane, size: number): void {
		lane.size = size;
		if (size === 0) this.#rings.moved(lane);
		this.#changed.add(lane);
	}

	/** Takes the lane out of its ring. */
	hold(lane: Lane): void {
		this.#rings.moved(lane);
		lane.held = 1;
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

	/** Lanes that can be served, in the order in which they will be, behind a turn. */
	inTurn(topic: TopicEntry, { rank, time, name }: Turn, limit: number): Lane[] {
		const where = 'topic = ? AND held = 0 AND (rank, time, name) > (?, ?, ?) ORDER BY rank, time, name LIMIT ?';
		return this.#select(where, [topic.id, rank, time, name, limit]);
	}

	/** Lanes that hold jobs, by priority and name, from (rank, name) on. */
	byName(topic: TopicEntry, limit: number, { rank, name }: Pick<Lane, 'rank' | 'name'>): Lane[] {
		const where = 'topic = ? AND (rank, name) >= (?, ?) ORDER BY rank, name LIMIT ?';
		return this.#select(where, [topic.id, rank, name, limit]);
	}

	/** The held lanes of one group. */
	heldOf(topic: TopicEntry, group: string): Lane[] {
		return this.#select('topic = ? AND name = ? AND held = 1 ORDER BY rank', [topic.id, laneName(group)]);
	}

	/** Held lanes behind a name, by name. */
	held(topic: TopicEntry, after: string, limit: number): Lane[] {
		return this.#select('topic = ? AND held = 1 AND name > ? ORDER BY name, rank LIMIT ?', [topic.id, after, limit]);
	}

	flush(): void {
		for (const lane of this.#changed) {
			const { id, topic, rank, name, time, held, low, high, size } = lane;
			if (size === 0) this.#sql.run('DELETE FROM lanes WHERE id = ?', [id]);
			else this.#sql.run(SAVE, [id, topic, rank, name, time, held, low, high, size]);
		}
		this.#changed.clear();
	}

	shrink(): void {
		if (this.#cache.size > MAX_CACHED) this.#cache.clear();
		this.#rings.shrink();
	}

	forget(): void {
		this.#cache.clear();
		this.#changed.clear();
		this.#rings.forget();
	}

	#step(topic: TopicEntry, lane: Lane): number {
		const group = groupOf(lane);
		return stepOf((group === null ? undefined : this.#groups.find(topic, group).settings.weight) ?? 1);
	}

	#select(where: string, params: SqlValue[]): Lane[] {
		this.flush();
		const rows = this.#sql.all<Lane>(`SELECT * FROM lanes WHERE ${where}`, params);
		return rows.map((row) => this.#cache.get(keyOf(row.topic, row.rank, row.name)) ?? this.#remember(row));
	}

	#remember(row: Lane): Lane {
		const { id, topic, rank, name, time, held, low, high, size } = row;
		const lane: Lane = { id, topic, rank, name, time, held, low, high, size };
		this.#cache.set(keyOf(topic, rank, name), lane);
		return lane;
	}
}

function keyOf(topic: number, rank: number, name: string): string {
	return `${topic} ${rank} ${name}`;
}
