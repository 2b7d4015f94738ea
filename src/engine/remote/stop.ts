/** Something that ends what is under way, once. Unlike with an AbortSignal, hundreds may listen and nothing warns of a leak. */
export class Stop {
	readonly #listeners = new Set<() => void>();
	#aborted = false;

	get aborted(): boolean {
		return this.#aborted;
	}

	abort(): void {
		this.#aborted = true;
		for (const listener of this.#listeners) listener();
		this.#listeners.clear();
	}

	addEventListener(_type: 'abort', listener: () => void): void {
		this.#listeners.add(listener);
	}

	removeEventListener(_type: 'abort', listener: () => void): void {
		this.#listeners.delete(listener);
	}
}

/** What can end a call: the engine's own stop, or a caller's signal. */
export type StopSource = Stop | AbortSignal | undefined;

/** Calls `listener` when one of the sources fires, or at once when one has. Returns how to stop listening. */
export function onStop(sources: StopSource[], listener: () => void): () => void {
	for (const source of sources) {
		if (source?.aborted) listener();
		else source?.addEventListener('abort', listener);
	}
	return () => {
		for (const source of sources) source?.removeEventListener('abort', listener);
	};
}
