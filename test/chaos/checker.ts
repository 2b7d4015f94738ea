import type { Last } from './asking.ts';
import { Deliveries } from './deliveries.ts';
import type { Event } from './history.ts';
import { Recoveries, type Recovery } from './recoveries.ts';

/** What must not be, counted; and what may be, told. */
export interface Verdict extends Recovery {
	pushes: number;
	jobs: number;
	/** Answered with what the store keeps through every fault of its kind, and in it no more. */
	lost: string[];
	/** Answered with less, and in the store no more: told. */
	window: string[];
	/** In the store or at a worker, and pushed by nobody. */
	unexpected: string[];
	/** Two jobs for one that was pushed. */
	doubled: number[];
	/** A settle that was answered `ok`, and the job is there and not completed. */
	undone: string[];
	/** Two settles of one job that were both accepted. */
	doubleCompletions: string[];
	/** A settle that was accepted although a later delivery had begun. */
	staleAcceptances: string[];
	/** A delivery that began before the lease of the one before it was over. */
	overlapping: string[];
	/** Neither completed nor dead in the end. */
	stuck: string[];
	/** Deliveries beyond the first of each job. */
	redeliveries: number;
}

/**
 * A checker of its own, after Jepsen's total-queue: it knows nothing of the queue but its promises. Of each event it
 * keeps only what a promise is about, so that a run may be long.
 */
export class Checker {
	readonly #known = new Set<number>();
	/** What an answer must say for its jobs to be kept. */
	readonly #kept: string;
	/** Every id that a push was answered with, and whether as kept. */
	readonly #answered = new Map<string, boolean>();
	readonly #idOf = new Map<number, string>();
	readonly #doubled = new Set<number>();
	readonly #deliveries = new Deliveries();
	readonly #recoveries = new Recoveries();
	#pushes = 0;

	/** @param kept the durability that an answer must name for its jobs to be kept */
	constructor(kept: string) {
		this.#kept = kept;
	}

	add(event: Event): void {
		this.#recoveries.add(event);
		if (event.e === 'push') {
			this.#pushes++;
			for (const n of event.ns) this.#known.add(n);
		}
		if (event.e === 'pushed') for (const id of event.ids) this.#answered.set(id, event.durability === this.#kept);
		if (event.e === 'took') {
			// Without a replica's word a job that was taken may be gone, and be made again when its push is repeated.
			if (this.#kept !== 'replicated' || !this.#known.has(event.n)) this.#see(event);
			this.#deliveries.took(event);
		}
		if (event.e === 'settled' && event.status === 'ok') this.#deliveries.accepted(event);
		if (event.e === 'clock') this.#deliveries.setClock(event);
	}

	/** Whether the clock of the store has been wrong. */
	get sawClockSet(): boolean {
		return this.#deliveries.clockWasSet;
	}

	/** @param last - every job that the store has in the end */
	verdict(last: Last[]): Verdict {
		for (const job of last) this.#see(job);
		const states = new Map(last.map(({ id, state }) => [id, state]));
		const gone = [...this.#answered].filter(([id]) => !states.has(id));
		const seen = [...this.#idOf].filter(([n]) => !this.#known.has(n));
		return {
			pushes: this.#pushes,
			jobs: this.#known.size,
			lost: gone.filter(([, isSafe]) => isSafe).map(([id]) => id),
			window: gone.filter(([, isSafe]) => !isSafe).map(([id]) => id),
			unexpected: seen.map(([, id]) => id),
			doubled: [...this.#doubled],
			...this.#deliveries.verdict(states),
			stuck: last.filter(({ state }) => state !== 'completed' && state !== 'dead').map(({ id }) => id),
			...this.#recoveries.verdict(),
		};
	}

	#see({ id, n }: { id: string; n: number }): void {
		if ((this.#idOf.get(n) ?? id) !== id) this.#doubled.add(n);
		else this.#idOf.set(n, id);
	}
}
