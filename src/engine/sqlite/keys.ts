import type { Unique } from '../../core/unique.ts';
import { CLOCK_SLACK_MS } from './gates.ts';
import type { StoredJob } from './jobs.ts';
import type { Sql } from './sql.ts';
import type { TopicEntry } from './topic-entry.ts';

/** Who holds a key, by its number, and until when; null for a scope without a window. */
export interface Hold {
	holder: number;
	until: number | null;
}

/** A job, by its row, that waits for the holder of its key, and when it may run at the earliest. */
export interface Follower {
	job: number;
	due: number;
}

const IN_LINE = 'SELECT 1 FROM followers WHERE followers.topic = unique_keys.topic AND followers.key = unique_keys.key';
const FIND = `SELECT holder, until, EXISTS (${IN_LINE}) AS queued FROM unique_keys WHERE topic = ? AND key = ?`;
const HOLD = 'INSERT OR REPLACE INTO unique_keys (topic, key, holder, until) VALUES (?, ?, ?, ?)';
const FREE = 'DELETE FROM unique_keys WHERE topic = ? AND key = ?';
const OVER = `SELECT topic, key FROM unique_keys WHERE until <= ? AND NOT EXISTS (${IN_LINE}) ORDER BY until LIMIT ?`;

const JOIN = 'INSERT INTO followers (topic, key, job, due) VALUES (?, ?, ?, ?)';
const LEAVE = 'DELETE FROM followers WHERE job = ?';
const FIRST = 'SELECT job, due FROM followers WHERE topic = ? AND key = ? ORDER BY id LIMIT 1';
const LAST = 'SELECT job, due FROM followers WHERE topic = ? AND key = ? ORDER BY id DESC LIMIT 1';
const DELAY = 'UPDATE followers SET due = ? WHERE job = ?';

/** Unique keys: who holds each, and who waits for it. */
export class Keys {
	readonly #sql: Sql;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	/** Who holds the key now; undefined when nobody does. While jobs wait behind a key it is held, also when its window is over. */
	find(topic: TopicEntry, key: string, now: number): Hold | undefined {
		const hold = this.#read(topic, key);
		if (hold === undefined) return undefined;
		return hold.until === null || hold.until > now || hold.queued === 1 ? hold : undefined;
	}

	hold(topic: TopicEntry, { key, scope }: Unique, holder: number, now: number): void {
		const until = typeof scope === 'object' ? now + scope.windowMs : null;
		this.#sql.run(HOLD, [topic.id, key, holder, until]);
	}

	free(topic: TopicEntry, key: string): void {
		this.#sql.run(FREE, [topic.id, key]);
	}

	/** The job does not hold its key any more. Returns the first in line, taken out of it. */
	giveUp({ id, topic, number }: StoredJob, { key }: Unique): Follower | undefined {
		if (this.#read(topic, key)?.holder !== number) {
			this.#sql.run(LEAVE, [id]);
			return undefined;
		}
		this.free(topic, key);
		const next = this.#sql.get<Follower>(FIRST, [topic.id, key]);
		if (next !== undefined) this.#sql.run(LEAVE, [next.job]);
		return next;
	}

	hasLine(topic: TopicEntry, key: string): boolean {
		return this.last(topic, key) !== undefined;
	}

	last(topic: TopicEntry, key: string): Follower | undefined {
		return this.#sql.get<Follower>(LAST, [topic.id, key]);
	}

	join(topic: TopicEntry, key: string, { job, due }: Follower): void {
		this.#sql.run(JOIN, [topic.id, key, job, due]);
	}

	delay({ job }: Follower, due: number): void {
		this.#sql.run(DELAY, [due, job]);
	}

	/** Forgets windows that have been over for a while. */
	prune(now: number, limit: number): void {
		const over = this.#sql.all<{ topic: number; key: string }>(OVER, [now - CLOCK_SLACK_MS, limit]);
		for (const { topic, key } of over) this.#sql.run(FREE, [topic, key]);
	}

	#read(topic: TopicEntry, key: string): (Hold & { queued: number }) | undefined {
		return this.#sql.get<Hold & { queued: number }>(FIND, [topic.id, key]);
	}
}
