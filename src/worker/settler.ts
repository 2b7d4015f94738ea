import type { Outcome } from '../engine/engine.ts';
import type { Delivery } from './delivery.ts';
import type { Ending } from './outcomes.ts';

/** Outcomes on their way to the store. One that could not be delivered is tried again until its lease is lost. */
export class Settler {
	#queue: Outcome[] = [];

	add({ job }: Delivery, ending: Ending): void {
		this.#queue.push({ id: job.id, token: job.token, ...ending });
	}

	get size(): number {
		return this.#queue.length;
	}

	next(max: number): Outcome[] {
		return this.#queue.splice(0, max);
	}

	putBack(outcomes: Outcome[]): void {
		this.#queue.unshift(...outcomes);
	}

	/** Forgets what would be refused. False when it is not here: under way, handed in, or not there yet. */
	forget(id: string, token: number): boolean {
		const before = this.#queue.length;
		this.#queue = this.#queue.filter((outcome) => outcome.id !== id || outcome.token !== token);
		return this.#queue.length < before;
	}
}
