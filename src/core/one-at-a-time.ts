import { nextTurn } from './next-turn.ts';

/**
 * Lets callers pass one at a time, so that what the first of them sets off is under way before the second begins.
 *
 * A store that is asked twice at once often answers twice at once. Were both answers worked off together, the next two calls would leave together
 * too, and so on: callers and store would wait for each other by turns, for ever.
 */
export class OneAtATime {
	#isTaken = false;
	readonly #waiting: (() => void)[] = [];

	async pass(): Promise<void> {
		if (this.#isTaken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
		this.#isTaken = true;
		// What the caller sets off leaves in the next turn of the event loop; the one after that is free.
		nextTurn(() => nextTurn(() => this.#free()));
	}

	#free(): void {
		this.#isTaken = false;
		this.#waiting.shift()?.();
	}
}
