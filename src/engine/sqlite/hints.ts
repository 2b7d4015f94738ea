import type { WorkHint } from '../engine.ts';

/** Hints of the transaction under way; they leave once it is committed. */
export class Hints {
	/** The soonest of each topic: one that comes later says nothing new. */
	#pending = new Map<string, number>();
	readonly #listeners = new Set<(hint: WorkHint) => void>();

	listen(listener: (hint: WorkHint) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	add(topic: string, inMs: number): void {
		const known = this.#pending.get(topic);
		if (known === undefined || inMs < known) this.#pending.set(topic, Math.max(0, inMs));
	}

	/** Hints of a transaction that was rolled back. */
	drop(): void {
		this.#pending.clear();
	}

	/** The hints of a transaction that was committed. */
	take(): WorkHint[] {
		const hints = [...this.#pending].map(([topic, inMs]) => ({ topic, inMs }));
		this.#pending.clear();
		return hints;
	}

	emit(hints: WorkHint[]): void {
		for (const hint of hints) {
			for (const listener of this.#listeners) listener(hint);
		}
	}
}
