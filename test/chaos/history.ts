import { createWriteStream, type WriteStream } from 'node:fs';

/** What was asked, answered and seen. `at` is epoch ms; everything runs on one machine. */
export type Event =
	| { e: 'push'; at: number; key: string; ns: number[] }
	| { e: 'pushed'; at: number; key: string; ids: string[]; durability: string }
	/** The push may or may not have been done; it is repeated under its key. */
	| { e: 'unknown'; at: number; key: string; why: string }
	| { e: 'took'; at: number; worker: string; id: string; token: number; attempt: number; n: number; until: number }
	| { e: 'settled'; at: number; worker: string; id: string; token: number; status: string }
	| { e: 'fault' | 'healed'; at: number; fault: string };

/** The events of a run in the order in which they became known, in memory and as JSON lines in a file. */
export class History {
	readonly events: Event[] = [];
	readonly #file: WriteStream;
	#pushed = 0;
	#completed = 0;

	constructor(path: string) {
		this.#file = createWriteStream(path);
	}

	add(event: Event): void {
		if (event.e === 'pushed') this.#pushed += event.ids.length;
		if (event.e === 'settled' && event.status === 'ok') this.#completed++;
		this.events.push(event);
		this.#file.write(`${JSON.stringify(event)}\n`);
	}

	/** About how many jobs have still to be worked off. */
	get backlog(): number {
		return this.#pushed - this.#completed;
	}

	of<K extends Event['e']>(kind: K): Extract<Event, { e: K }>[] {
		return this.events.filter((event): event is Extract<Event, { e: K }> => event.e === kind);
	}

	close(): Promise<void> {
		return new Promise((resolve) => this.#file.end(resolve));
	}
}
