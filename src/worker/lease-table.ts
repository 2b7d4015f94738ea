import { formatId, parseId } from '../core/ids.ts';
import type { Lease } from '../engine/engine.ts';

// The leases that a worker holds, in memory that it shares with its lease thread. A worker of no-op jobs holds and drops a hundred
// thousand of them in a second: told by messages they took the thread and this one longer than the jobs did. Written here a lease costs two
// stores, and the thread reads the table when it renews.

/** Rows in one piece of the table; where a worker has more jobs at once it gets another. */
const ROWS = 1_024;
/** A row: job number, token and the end of the lease as doubles, then two int32, its version and the index of its topic. */
const ROW_BYTES = 32;

/** What the thread must know to read the table: a topic that rows name by its index, or another piece. */
export type TableNews = { topic: string } | { piece: SharedArrayBuffer };

export interface TableLease extends Lease {
	/** When the lease ends, by `sharedNow`. */
	endsAt: number;
}

/** Ms on a clock that all threads of this process share and nobody sets. `performance` begins anew in each thread. */
export function sharedNow(): number {
	return Number(process.hrtime.bigint()) / 1e6;
}

/** A row's version is odd while it holds a lease, and every change makes it another: what was read while it stood still is whole. */
class Piece {
	readonly #doubles: Float64Array;
	readonly #ints: Int32Array;

	constructor(memory: SharedArrayBuffer) {
		this.#doubles = new Float64Array(memory);
		this.#ints = new Int32Array(memory);
	}

	version(row: number): number {
		return Atomics.load(this.#ints, row * 8 + 6);
	}

	turn(row: number): void {
		Atomics.add(this.#ints, row * 8 + 6, 1);
	}

	/** Only of a row that holds nothing. */
	write(row: number, topic: number, number: number, token: number, endsAt: number): void {
		this.#doubles[row * 4] = number;
		this.#doubles[row * 4 + 1] = token;
		this.#doubles[row * 4 + 2] = endsAt;
		this.#ints[row * 8 + 7] = topic;
	}

	read(row: number): { topic: number; number: number; token: number; endsAt: number } {
		const [number = 0, token = 0, endsAt = 0] = this.#doubles.subarray(row * 4, row * 4 + 3);
		return { topic: this.#ints[row * 8 + 7] ?? 0, number, token, endsAt };
	}
}

/** The worker's side. */
export class LeaseTable {
	readonly #tell: (news: TableNews) => void;
	readonly #topics = new Map<string, number>();
	readonly #pieces: Piece[] = [];
	readonly #free: number[] = [];
	readonly #rows = new Map<string, { row: number; token: number }>();

	/** @param tell passes news on to the thread, before it can read what they are about */
	constructor(tell: (news: TableNews) => void) {
		this.#tell = tell;
		this.#grow();
	}

	hold(id: string, token: number, leftMs: number): void {
		const job = parseId(id);
		if (job === undefined) return;
		const known = this.#rows.get(id);
		if (known !== undefined) this.drop(id, known.token);
		if (this.#free.length === 0) this.#grow();
		const row = this.#free.pop() ?? 0;
		const piece = this.#pieces[Math.floor(row / ROWS)];
		piece?.write(row % ROWS, this.#indexOf(job.topic), job.number, token, sharedNow() + leftMs);
		piece?.turn(row % ROWS);
		this.#rows.set(id, { row, token });
	}

	/** False when no such lease is held. */
	drop(id: string, token: number): boolean {
		const known = this.#rows.get(id);
		if (known?.token !== token) return false;
		this.#rows.delete(id);
		this.#pieces[Math.floor(known.row / ROWS)]?.turn(known.row % ROWS);
		this.#free.push(known.row);
		return true;
	}

	*leases(): Iterable<Lease> {
		for (const [id, { token }] of this.#rows) yield { id, token };
	}

	clear(): void {
		for (const { id, token } of [...this.leases()]) this.drop(id, token);
	}

	#indexOf(topic: string): number {
		const known = this.#topics.get(topic);
		if (known !== undefined) return known;
		const index = this.#topics.size;
		this.#topics.set(topic, index);
		this.#tell({ topic });
		return index;
	}

	#grow(): void {
		const memory = new SharedArrayBuffer(ROWS * ROW_BYTES);
		const first = this.#pieces.length * ROWS;
		this.#pieces.push(new Piece(memory));
		for (let row = first + ROWS - 1; row >= first; row--) this.#free.push(row);
		this.#tell({ piece: memory });
	}
}

/** The thread's side. */
export class LeaseReader {
	readonly #topics: string[] = [];
	readonly #pieces: Piece[] = [];
	/** Of each row the version that was read last, and the lease that it held. */
	readonly #seen: { version: number; lease: TableLease | null }[] = [];

	learn(news: TableNews): void {
		if ('topic' in news) this.#topics.push(news.topic);
		else this.#pieces.push(new Piece(news.piece));
	}

	/** What has changed since it was last asked. A row that is being written, or whose topic has not been told yet, comes the next time. */
	changes(): { held: TableLease[]; dropped: Lease[] } {
		const held: TableLease[] = [];
		const dropped: Lease[] = [];
		for (const [index, piece] of this.#pieces.entries()) {
			for (let row = 0; row < ROWS; row++) {
				const before = this.#seen[index * ROWS + row] ?? { version: 0, lease: null };
				const now = this.#look(piece, row, before.version);
				if (now === null) continue;
				if (before.lease !== null) dropped.push(before.lease);
				if (now.lease !== null) held.push(now.lease);
				this.#seen[index * ROWS + row] = now;
			}
		}
		return { held, dropped };
	}

	#look(piece: Piece, row: number, seen: number): { version: number; lease: TableLease | null } | null {
		const version = piece.version(row);
		if (version === seen) return null;
		if (version % 2 === 0) return { version, lease: null };
		const { topic, number, token, endsAt } = piece.read(row);
		const name = this.#topics[topic];
		if (name === undefined || piece.version(row) !== version) return null;
		return { version, lease: { id: formatId(name, number), token, endsAt } };
	}
}
