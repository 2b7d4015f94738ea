import type { JobState } from '../../core/job.ts';
import type { Hints } from './hints.ts';
import type { Sql } from './sql.ts';
import { readTopic, type TopicEntry, type TopicRow, UPDATE_TOPIC, type Upkeep, writeTopic } from './topic-entry.ts';

/** What a state waits for: when its last job has gone, so has the due time. */
const UPKEEP_OF: Partial<Record<JobState, Upkeep>> = { delayed: 'promote', active: 'reclaim' };

const MAX_CACHED = 1_000;

const INSERT = `INSERT INTO topics (name, paused, settings, last_number, waiting, delayed, active, completed, dead)
	VALUES (?, 0, '{}', 0, 0, 0, 0, 0, 0)`;

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
		if (row === undefined) return undefined;
		const topic = readTopic(row);
		this.#byName.set(name, topic);
		return topic;
	}

	findOrMake(name: string): TopicEntry {
		const known = this.find(name);
		if (known !== undefined) return known;
		this.#sql.run(INSERT, [name]);
		const made = this.find(name);
		if (made === undefined) throw new Error(`Topic ${name} was not stored`);
		return made;
	}

	/** The topics with something due by `now`, the earliest first. */
	due(upkeep: Upkeep, now: number, limit: number): TopicEntry[] {
		this.flush();
		const sql = `SELECT name FROM topics WHERE next_${upkeep} <= ? ORDER BY next_${upkeep}, name LIMIT ?`;
		return this.#sql.all<{ name: string }>(sql, [now, limit]).flatMap(({ name }) => this.find(name) ?? []);
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
		const wasAt = topic.counts[state];
		topic.counts[state] += by;
		const upkeep = UPKEEP_OF[state];
		if (upkeep !== undefined && topic.counts[state] === 0) topic.next[upkeep] = null;
		if (state === 'active' && by < 0 && wasAt >= (topic.settings.concurrency ?? Number.POSITIVE_INFINITY)) {
			this.hintWork(topic);
		}
		this.#changed.add(topic);
	}

	/** Those who wait for the topic's jobs are to ask now, unless it is paused without an end. */
	hintWork(topic: TopicEntry): void {
		if (!topic.paused || topic.pausedUntil !== null) this.#hints.add(topic.name, 0);
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
		for (const topic of this.#changed) this.#sql.run(UPDATE_TOPIC, writeTopic(topic));
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
}
