import { LIMITS } from '../../core/limits.ts';
import type { GroupSettings } from '../../core/settings.ts';
import type { SqlValue } from './driver.ts';
import { CLOCK_SLACK_MS, GATE_COLUMNS, type Gate, readGate, writeGate } from './gates.ts';
import type { Sql } from './sql.ts';
import type { TopicEntry } from './topic-entry.ts';

/** What is known of a group; one without rules has no row, but may be cached. */
export interface GroupEntry extends Gate {
	readonly topic: number;
	readonly name: string;
	/** Its own. */
	settings: GroupSettings;
	/** When its held lanes go back into their rings; null for no such time. */
	opening: number | null;
}

type GroupRow = Parameters<typeof readGate>[0] & {
	topic: number;
	name: string;
	settings: string;
	opening: number | null;
};

const MAX_CACHED = 10_000;

const COLUMNS = ['topic', 'name', 'settings', ...GATE_COLUMNS, 'opening', 'stale_at'];
const SAVE = `INSERT OR REPLACE INTO groups (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`;
const DUE = 'SELECT * FROM groups WHERE topic = ? AND opening <= ? ORDER BY opening, name LIMIT ?';
const FIRST = 'SELECT opening FROM groups WHERE topic = ? AND opening IS NOT NULL ORDER BY opening LIMIT 1';
const LISTED = `SELECT * FROM groups INDEXED BY groups_listed WHERE topic = ? AND name > ? AND (settings <> '{}' OR paused = 1)
	AND (settings <> '{}' OR paused_until IS NULL OR paused_until > ?) ORDER BY name LIMIT ?`;
const CLEAR = `UPDATE groups SET opening = NULL, stale_at = CASE WHEN settings = '{}' AND (paused = 0 OR paused_until IS NOT NULL)
	THEN max(?, coalesce(paused_until, 0), coalesce(parked_until, 0)) + ? END WHERE topic = ? AND opening IS NOT NULL`;
const STALE = 'SELECT topic, name FROM groups WHERE stale_at <= ? ORDER BY stale_at LIMIT ?';
const DELETE = 'DELETE FROM groups WHERE topic = ? AND name = ?';

/** The groups table with a write-back cache like that of Topics. */
export class Groups {
	readonly #sql: Sql;
	readonly #cache = new Map<string, GroupEntry>();
	readonly #changed = new Set<GroupEntry>();

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	find(topic: TopicEntry, name: string): GroupEntry {
		const known = this.#cache.get(keyOf(topic.id, name));
		if (known !== undefined) return known;
		const row = this.#sql.get<GroupRow>('SELECT * FROM groups WHERE topic = ? AND name = ?', [topic.id, name]);
		return this.#remember(row === undefined ? blank(topic.id, name) : read(row));
	}

	touch(group: GroupEntry): void {
		this.#changed.add(group);
	}

	/** Groups whose lanes go back into their rings by now, by that time and by name. */
	due(topic: TopicEntry, now: number, limit: number): GroupEntry[] {
		return this.#select(DUE, [topic.id, now, limit]);
	}

	/** When the first of the topic's groups is due; null when none will be. */
	firstOpening(topic: TopicEntry): number | null {
		this.flush();
		return this.#sql.get<{ opening: number }>(FIRST, [topic.id])?.opening ?? null;
	}

	/** Those that have settings of their own or are paused, by name. */
	listed(topic: TopicEntry, after: string, now: number, limit: number): GroupEntry[] {
		return this.#select(LISTED, [topic.id, after, now, limit]);
	}

	/** The rules have changed: no time that was found by the old ones counts any more. */
	clearOpenings(topic: TopicEntry, now: number): void {
		this.flush();
		this.#sql.run(CLEAR, [now + LIMITS.maxRateMs, CLOCK_SLACK_MS, topic.id]);
		for (const group of this.#cache.values()) if (group.topic === topic.id) group.opening = null;
	}

	/** Forgets groups that have said nothing for a while. */
	prune(now: number, limit: number): void {
		this.flush();
		const stale = this.#sql.all<{ topic: number; name: string }>(STALE, [now, limit]);
		for (const { topic, name } of stale) this.#sql.run(DELETE, [topic, name]);
	}

	flush(): void {
		for (const group of this.#changed) {
			const { topic, name, settings, opening } = group;
			this.#sql.run(SAVE, [topic, name, JSON.stringify(settings), ...writeGate(group), opening, staleAt(group)]);
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

	#select(sql: string, params: SqlValue[]): GroupEntry[] {
		this.flush();
		const rows = this.#sql.all<GroupRow>(sql, params);
		return rows.map((row) => this.#cache.get(keyOf(row.topic, row.name)) ?? this.#remember(read(row)));
	}

	#remember(group: GroupEntry): GroupEntry {
		this.#cache.set(keyOf(group.topic, group.name), group);
		return group;
	}
}

function keyOf(topic: number, name: string): string {
	return `${topic} ${name}`;
}

function blank(topic: number, name: string): GroupEntry {
	const gate: Gate = { paused: false, pausedUntil: null, parkedUntil: null, starts: [] };
	return { topic, name, settings: {}, opening: null, ...gate };
}

function read(row: GroupRow): GroupEntry {
	const { topic, name, settings, opening } = row;
	return { topic, name, settings: JSON.parse(settings), opening, ...readGate(row) };
}

/**
 * When everything that the group keeps is past; null for never, and while lanes wait for its opening. No rate counts a start for longer than
 * `LIMITS.maxRateMs`.
 */
function staleAt({ settings, paused, pausedUntil, parkedUntil, starts, opening }: GroupEntry): number | null {
	if (Object.keys(settings).length > 0 || (paused && pausedUntil === null) || opening !== null) return null;
	const lastStart = starts.at(-1);
	const counted = lastStart === undefined ? 0 : lastStart.at + LIMITS.maxRateMs;
	return Math.max(pausedUntil ?? 0, parkedUntil ?? 0, counted) + CLOCK_SLACK_MS;
}
