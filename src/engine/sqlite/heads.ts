import type { JobTerms } from '../../core/job.ts';
import type { Lane } from './lanes.ts';
import type { Store } from './store.ts';
import { readTerms } from './terms.ts';

/** A job at the head of its lane. */
export interface Head {
	id: number;
	number: number;
	terms: JobTerms;
}

interface HeadRow {
	id: number;
	number: number;
	pos: number;
	terms: string | null;
}

/** All positions of a lane lie above its low. */
const HEADS = `SELECT id, number, pos, terms FROM jobs WHERE lane = ? AND state = 0 AND pos > ? ORDER BY pos LIMIT ?`;

interface Buffer {
	/** The next is the last. */
	rows: HeadRow[];
	/** The position of the last row read. */
	behind: number;
}

/** The jobs at the heads of lanes, without their payloads, while one call takes some of them. */
export class Heads {
	readonly #store: Store;
	readonly #buffers = new Map<Lane, Buffer>();

	constructor(store: Store) {
		this.#store = store;
	}

	/** @param ahead - how many jobs the lane is likely to give in this call */
	peek(lane: Lane, ahead: number): Head {
		const { id, number, terms } = this.#row(lane, ahead);
		return { id, number, terms: readTerms(terms) };
	}

	/** The head has been taken. */
	shift(lane: Lane): void {
		this.#buffers.get(lane)?.rows.pop();
	}

	#row(lane: Lane, ahead: number): HeadRow {
		const buffer = this.#buffers.get(lane) ?? { rows: [], behind: lane.low };
		this.#buffers.set(lane, buffer);
		const known = buffer.rows.at(-1);
		if (known !== undefined) return known;
		const limit = Math.max(1, Math.min(ahead, lane.size));
		const rows = this.#store.sql.all<HeadRow>(HEADS, [lane.id, buffer.behind, limit]);
		const [first] = rows;
		if (first === undefined) throw new Error(`Lane ${lane.id} holds fewer jobs than it counts`);
		buffer.behind = rows.at(-1)?.pos ?? buffer.behind;
		buffer.rows = rows.reverse();
		return first;
	}
}
