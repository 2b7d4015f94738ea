import type { WorkHint } from '../engine.ts';

/** What a transaction has to tell, once it is committed. */
export interface News {
	hints: WorkHint[];
	/** Active jobs that were cancelled. */
	cancelled: string[];
}

interface Pending {
	hasWork: boolean;
	/** The soonest due time that has come nearer, in ms from now. */
	inMs: number | null;
}

/** Hints of the transaction under way; they leave once it is committed. */
export class Hints {
	#pending = new Map<string, Pending>();
	#cancelled: string[] = [];
	readonly #listeners = new Set<(hint: WorkHint) => void>();
	readonly #cancelListeners = new Set<(ids: string[]) => void>();

	listen(listener: (hint: WorkHint) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	listenToCancels(listener: (ids: string[]) => void): () => void {
		this.#cancelListeners.add(listener);
		return () => this.#cancelListeners.delete(listener);
	}

	/** Work now says nothing of what falls due later: both are kept, and of each the soonest. */
	add(topic: string, inMs: number): void {
		const pending = this.#pending.get(topic) ?? { hasWork: false, inMs: null };
		this.#pending.set(topic, pending);
		if (inMs <= 0) pending.hasWork = true;
		else if (pending.inMs === null || inMs < pending.inMs) pending.inMs = inMs;
	}

	cancelled(id: string): void {
		this.#cancelled.push(id);
	}

	/** A transaction was rolled back. */
	drop(): void {
		this.#pending.clear();
		this.#cancelled = [];
	}

	/** What the transaction that was committed has to tell; undefined for nothing. */
	take(): News | undefined {
		const hints = [...this.#pending].flatMap(([topic, { hasWork, inMs }]) => {
			const later = inMs === null ? [] : [{ topic, inMs }];
			return hasWork ? [{ topic, inMs: 0 }, ...later] : later;
		});
		const cancelled = this.#cancelled;
		this.drop();
		return hints.length + cancelled.length === 0 ? undefined : { hints, cancelled };
	}

	emit({ hints, cancelled }: News): void {
		for (const hint of hints) {
			for (const listener of this.#listeners) listener(hint);
		}
		if (cancelled.length === 0) return;
		for (const listener of this.#cancelListeners) listener(cancelled);
	}
}
