import { createWriteStream, type WriteStream } from 'node:fs';
import { Checker } from './checker.ts';

/** What a fault is about, for the figures of how soon work goes on after it. */
export type Part = 'store' | 'network' | 'other';

/** What was asked, answered and seen. `at` is epoch ms; everything runs on one machine. */
export type Event =
	| { e: 'push'; at: number; key: string; ns: number[] }
	| { e: 'pushed'; at: number; key: string; ids: string[]; durability: string }
	/** The push may or may not have been done; it is repeated under its key. */
	| { e: 'unknown'; at: number; key: string; why: string }
	| { e: 'took'; at: number; worker: string; id: string; token: number; attempt: number; n: number; until: number }
	| { e: 'settled'; at: number; worker: string; id: string; token: number; status: string }
	/** A worker has ended, with whatever it had in hand. */
	| { e: 'ended'; at: number; worker: string }
	/** The clock of the store is set by so many ms: leases that it gave are over sooner or later than they said. */
	| { e: 'clock'; at: number; byMs: number }
	| { e: 'fault' | 'healed'; at: number; fault: string; part?: Part };

/** The events of a run in the order in which they became known, as JSON lines in a file, and what the checker keeps of them. */
export class History {
	readonly checker: Checker;
	readonly #file: WriteStream;
	#pushed = 0;
	#completed = 0;

	/** @param kept the durability that an answer must name for its jobs to be kept */
	constructor(path: string, kept = 'fsynced') {
		this.checker = new Checker(kept);
		this.#file = createWriteStream(path);
	}

	add(event: Event): void {
		if (event.e === 'pushed') this.#pushed += event.ids.length;
		if (event.e === 'settled' && event.status === 'ok') this.#completed++;
		this.checker.add(event);
		this.#file.write(`${JSON.stringify(event)}\n`);
	}

	/** About how many jobs have still to be worked off. */
	get backlog(): number {
		return this.#pushed - this.#completed;
	}

	close(): Promise<void> {
		return new Promise((resolve) => this.#file.end(resolve));
	}
}
