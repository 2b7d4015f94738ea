import type { KeyRing } from './ring.ts';

/** How often it is looked whether the keys of requests that wait are still good. */
const LOOK_MS = 2_000;

/** Ends the waits of those whose key has ended meanwhile: a long poll may take a minute, and a revoked key is to be good for seconds. */
export class KeyEnds {
	readonly #ring: KeyRing;
	readonly #listeners = new Set<{ id: string; end: () => void }>();
	#timer: NodeJS.Timeout | undefined;

	constructor(ring: KeyRing) {
		this.#ring = ring;
	}

	/** @returns how to stop listening */
	listen(id: string, end: () => void): () => void {
		const listener = { id, end };
		this.#listeners.add(listener);
		this.#timer ??= setInterval(() => void this.#look(), LOOK_MS).unref();
		return () => {
			this.#listeners.delete(listener);
			if (this.#listeners.size === 0) this.close();
		};
	}

	close(): void {
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	async #look(): Promise<void> {
		await this.#ring.read().catch(() => {});
		for (const listener of this.#listeners) {
			if (this.#ring.isInForce(listener.id)) continue;
			this.#listeners.delete(listener);
			listener.end();
		}
	}
}
