import type { JobTerms } from '../../core/job.ts';
import type { Lane } from './lanes.ts';
import type { Store } from './store.ts';

/** A job at the head of its lane, as a take needs it. */
export interface Head {
	id: number;
	number: number;
	token: number;
	used: number;
	maxAttempts: number;
	createdAt: number;
	terms: JobTerms;
	data: string;
	lane: Lane;
}

interface PeekRow {
	id: number;
	terms: string | null;
}

interface HeadRow extends PeekRow {
	number: number;
	token: number;
	used: number;
	max_attempts: number;
	created_at: number;
	data: string;
}

/** All positions of a lane lie above its low; further rows are read behind the last one. */
const START = '?';
const BEHIND = '(SELECT pos FROM jobs WHERE id = ?)';
const inLane = (from: string) => `WHERE lane = ? AND state = 0 AND pos > ${from} ORDER BY pos LIMIT ?`;
const peek = (from: string) => `SELECT id, terms FROM jobs ${inLane(from)}`;
const heads = (from: string) => `SELECT jobs.id, number, token, used, max_attempts, created_at, terms, data
	FROM jobs JOIN payloads ON payloads.job = jobs.id ${inLane(from)}`;
const SQL = { first: { peek: peek(START), heads: heads(START) }, later: { peek: peek(BEHIND), heads: heads(BEHIND) } };

const PLAIN: JobTerms = Object.freeze({});

/** The jobs at the heads of lanes, while one call takes some of them. */
export class Heads {
	readonly #store: Store;
	/** What was read of a lane and not taken yet, and the last row read; of the rows the last is the next. */
	readonly #read = new Map<Lane, { rows: HeadRow[]; last: number }>();

	constructor(store: Store) {
		this.#store = store;
	}

	/** The next job of the lane, without its payload: it may not be taken at all. */
	peek(lane: Lane): { id: number; terms: JobTerms } {
		const row = this.#read.get(lane)?.rows.at(-1) ?? this.#select<PeekRow>(lane, 'peek', 1)[0];
		if (row === undefined) throw new Error(`Lane ${lane.id} holds fewer jobs than it counts`);
		return { id: row.id, terms: readTerms(row.terms) };
	}

	/**
	 * Takes the next job of the lane.
	 *
	 * @param ahead - how many jobs the lane is likely to give in this call: they are read at once
	 */
	take(lane: Lane, ahead: number): Head {
		const known = this.#read.get(lane);
		const rows = known !== undefined && known.rows.length > 0 ? known.rows : this.#readMore(lane, ahead);
		const row = rows.pop();
		if (row === undefined) throw new Error(`Lane ${lane.id} holds fewer jobs than it counts`);
		const { id, number, token, used, data } = row;
		const rest = { maxAttempts: row.max_attempts, createdAt: row.created_at, terms: readTerms(row.terms), lane };
		return { id, number, token, used, data, ...rest };
	}

	#readMore(lane: Lane, ahead: number): HeadRow[] {
		const rows = this.#select<HeadRow>(lane, 'heads', Math.max(1, Math.min(ahead, lane.size)));
		this.#read.set(lane, { last: rows.at(-1)?.id ?? 0, rows: rows.reverse() });
		return rows;
	}

	#select<Row>(lane: Lane, what: 'peek' | 'heads', limit: number): Row[] {
		const last = this.#read.get(lane)?.last;
		const { sql } = this.#store;
		if (last === undefined) return sql.all<Row>(SQL.first[what], [lane.id, lane.low, limit]);
		return sql.all<Row>(SQL.later[what], [lane.id, last, limit]);
	}
}

function readTerms(text: string | null): JobTerms {
	return text === null ? PLAIN : JSON.parse(text);
}
