import { JOB_STATES } from '../../core/job.ts';
import type { TopicSettings } from '../../core/settings.ts';
import type { JobCounts } from '../engine.ts';
import type { SqlValue } from './driver.ts';
import { GATE_COLUMNS, type Gate, readGate, writeGate } from './gates.ts';

/** What falls due in a topic: groups that may give jobs again, jobs whose time to start is over, delayed jobs, leases, and retention. */
export type Upkeep = 'open' | 'expire' | 'promote' | 'reclaim' | 'prune';

/** A due time that has come whatever the clock says. */
export const AT_ONCE = 0;

export interface TopicEntry extends Gate {
	readonly id: number;
	readonly name: string;
	settings: TopicSettings;
	lastNumber: number;
	counts: JobCounts;
	/** Nothing in the topic is due before this; null when nothing will be. May be too early, never too late. */
	next: Record<Upkeep, number | null>;
	/** When those who wait for its jobs are to ask again; null for no such time. */
	opening: number | null;
	/** While all held lanes go back into their rings: those behind this name are still to do so. */
	reopenFrom: string | null;
	lastTakeAt: number | null;
	/** Jobs with a higher number count for the budgets of bytes; null while there is none. */
	countedFrom: number | null;
	/** Of the payloads that count. */
	bytes: { unfinished: number; finished: number };
}

const COLUMNS = [
	...GATE_COLUMNS,
	...[
		'settings',
		'last_number',
		'opening',
		'reopen_from',
		'last_take',
		'counted_from',
		'unfinished_bytes',
		'finished_bytes',
	],
	...['next_open', 'next_expire', 'next_promote', 'next_reclaim', 'next_prune'],
	...JOB_STATES,
];

/** Takes what writeTopic gives. The rest of a row never changes. */
export const UPDATE_TOPIC = `UPDATE topics SET ${COLUMNS.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`;

export function writeTopic(topic: TopicEntry): SqlValue[] {
	const { settings, lastNumber, opening, reopenFrom, lastTakeAt, countedFrom, bytes, next, counts } = topic;
	return [
		...writeGate(topic),
		...[
			JSON.stringify(settings),
			lastNumber,
			opening,
			reopenFrom,
			lastTakeAt,
			countedFrom,
			bytes.unfinished,
			bytes.finished,
		],
		...[next.open, next.expire, next.promote, next.reclaim, next.prune],
		...JOB_STATES.map((state) => counts[state]),
		topic.id,
	];
}

export interface TopicRow extends JobCounts {
	id: number;
	name: string;
	paused: number;
	paused_until: number | null;
	parked_until: number | null;
	starts: string | null;
	settings: string;
	last_number: number;
	next_open: number | null;
	next_expire: number | null;
	next_promote: number | null;
	next_reclaim: number | null;
	next_prune: number | null;
	opening: number | null;
	reopen_from: string | null;
	last_take: number | null;
	counted_from: number | null;
	unfinished_bytes: number;
	finished_bytes: number;
}

export function readTopic(row: TopicRow): TopicEntry {
	const { next_open: open, next_expire: expire, next_promote: promote, next_reclaim: reclaim, next_prune: prune } = row;
	return {
		id: row.id,
		name: row.name,
		...readGate(row),
		settings: JSON.parse(row.settings),
		lastNumber: row.last_number,
		counts: Object.fromEntries(JOB_STATES.map((state) => [state, row[state]])) as JobCounts,
		next: { open, expire, promote, reclaim, prune },
		opening: row.opening,
		reopenFrom: row.reopen_from,
		lastTakeAt: row.last_take,
		countedFrom: row.counted_from,
		bytes: { unfinished: row.unfinished_bytes, finished: row.finished_bytes },
	};
}
