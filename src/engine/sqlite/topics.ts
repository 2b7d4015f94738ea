import type { JobState } from '../../core/job.ts';
import type { TopicSettings } from '../../core/settings.ts';
import type { JobCounts } from '../engine.ts';
import type { Hints } from './hints.ts';
import type { Sql } from './sql.ts';

/** The maintenance that a topic waits for. */
export type Upkeep = 'promote' | 'reclaim' | 'prune';

export interface TopicEntry {
	readonly id: number;
	readonly name: string;
	paused: boolean;
	settings: TopicSettings;
	lastNumber: number;
	/** Turns are handed to lanes in growing order, so the largest stands last in its ring. */
	lastTurn: number;
	counts: JobCounts;
	/** Nothing in the topic is due before this; null when nothing will be. May be too early, never too late. */
	next: Record<Upkeep, number | null>;
}

interface TopicRow extends JobCounts {
	id: number;
	name: string;
	paused: number;
	settings: string;
	last_number: number;
	last_turn: number;
	next_promote: number | null;
	next_reclaim: number | null;
	next_prune: number | null;
}

/** What a state waits for: when its last job has gone, so has the due time. */
const UPKEEP_OF: Partial<Record<JobState, Upkeep>> = { delayed: 'promote', active: 'reclaim' };

const MAX_CACHED = 1_000;

const INSERT = `INSERT INTO topics (name, paused, settings, last_number, last_turn, waiting, delayed, active, completed, dead)
	VALUES (?, 0, '{}', 0, 0, 0, 0, 0, 0, 0)`;

const UPDATE = `UPDATE topics SET paused = ?, settings = ?, last_number = ?, last_turn = ?, waiting = ?, delayed = ?,
	active = ?, completed = ?, dead = ?, next_promote = ?, next_reclaim = ?, next_prune = ? WHERE id = ?`;

/**
 * The topics table with a write-back cache: however many calls share a transaction, each topic is written once.
 * One process owns the file, so a cached entry stays true until a rollback.
 */
export class Topics {
	readonly #sql: Sql;
	readonly #hints: Hints;
	readonly #byName = new Map<string, TopicEntry>();
	readonly #changed = new Set<TopicEntry>();

	constructor(sql: Sql, hints: Hints) {
		this.#sql = sql;
		this.#hints = hints;
	}

	find(name: string): TopicEntry | undefined {
		const known = this.#byName.get(name);
		if (known !== undefined) return known;
		const row = this.#sql.get<TopicRow>('SELECT * FROM topics WHERE name = ?', [name]);
		return row && this.#remember(row);
	}

	findOrMake(name: string): TopicEntry {
		const known = this.find(name);
		if (known !== undefined) return known;
		this.#sql.run(INSERT, [name]);
		const made = this.find(name);
		if (made === undefined) throw new Error(`Topic ${name} was not stored`);
		return made;
	}

	/** The names of topics with something due by `now`, the earliest first. */
	due(upkeep: Upkeep, now: number, limit: number): string[] {
		this.flush();
		const sql = `SELECT name FROM topics WHERE next_${upkeep} <= ? ORDER BY next_${upkeep}, name LIMIT ?`;
		return this.#sql.all<{ name: string }>(sql, [now, limit]).map((row) => row.name);
	}

	/** The topic whose next upkeep comes first. */
	first(upkeep: Upkeep): TopicEntry | undefined {
		this.flush();
		const column = `next_${upkeep}`;
		const sql = `SELECT name FROM topics WHERE ${column} IS NOT NULL ORDER BY ${column}, name LIMIT 1`;
		const row = this.#sql.get<{ name: string }>(sql);
		return row && this.find(row.name);
	}

	count(topic: TopicEntry, state: JobState, by: number): void {
		if (state === 'waiting' && topic.counts.waiting === 0 && by > 0) this.hintWork(topic);
		topic.counts[state] += by;
		const upkeep = UPKEEP_OF[state];
		if (upkeep !== undefined && topic.counts[state] === 0) topic.next[upkeep] = null;
		this.#changed.add(topic);
	}

	hintWork(topic: TopicEntry): void {
		if (!topic.paused) this.#hints.add(topic.name, 0);
	}

	/** Something in the topic falls due at `at`. */
	expect(topic: TopicEntry, upkeep: Upkeep, at: number, now: number): void {
		const known = topic.next[upkeep];
		if (known !== null && known <= at) return;
		topic.next[upkeep] = at;
		this.#changed.add(topic);
		if (upkeep !== 'prune') this.#hints.add(topic.name, at - now);
	}

	touch(topic: TopicEntry): void {
		this.#changed.add(topic);
	}

	flush(): void {
		for (const { id, paused, settings, lastNumber, lastTurn, counts, next } of this.#changed) {
			const { waiting, delayed, active, completed, dead } = counts;
			const head = [Number(paused), JSON.stringify(settings), lastNumber, lastTurn];
			const tail = [waiting, delayed, active, completed, dead, next.promote, next.reclaim, next.prune, id];
			this.#sql.run(UPDATE, [...head, ...tail]);
		}
		this.#changed.clear();
	}

	/** After a commit: keeps what is likely to be used again, within bounds. */
	shrink(): void {
		if (this.#byName.size > MAX_CACHED) this.#byName.clear();
	}

	/** After a rollback: what was read may never have been. */
	forget(): void {
		this.#byName.clear();
		this.#changed.clear();
	}

	#remember(row: TopicRow): TopicEntry {
		const { waiting, delayed, active, completed, dead } = row;
		const entry: TopicEntry = {
			id: row.id,
			name: row.name,
			paused: row.paused === 1,
			settings: JSON.parse(row.settings),
			lastNumber: row.last_number,
			lastTurn: row.last_turn,
			counts: { waiting, delayed, active, completed, dead },
			next: { promote: row.next_promote, reclaim: row.next_reclaim, prune: row.next_prune },
		};
		this.#byName.set(row.name, entry);
		return entry;
	}
}
