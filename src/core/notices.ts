/**
 * What whoever runs a store should know of it:
 *
 * - `loses_answered`: what is answered may be lost when the store's process or machine fails; the message says how much.
 * - `may_evict`: the store may throw jobs away when its memory runs short.
 * - `emptied`: the store has lost everything since this engine first saw it.
 * - `set_back`: the store has come back in an older state than this engine has seen.
 */
export type NoticeCode = 'loses_answered' | 'may_evict' | 'emptied' | 'set_back';

export interface Notice {
	code: NoticeCode;
	/** What is so, and what to do. */
	message: string;
}

type Listener = (notice: Notice) => void;

/** The notices that hold now. */
export class Notices {
	readonly #current = new Map<NoticeCode, Notice>();
	readonly #listeners = new Set<Listener>();

	list(): Notice[] {
		return [...this.#current.values()];
	}

	/** Registers for what becomes so from now on, and returns how to unregister. */
	on(listener: Listener): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** @param message null when it is not so, or not any more */
	set(code: NoticeCode, message: string | null): void {
		if (message === (this.#current.get(code)?.message ?? null)) return;
		this.#current.delete(code);
		if (message === null) return;
		const notice = { code, message };
		this.#current.set(code, notice);
		for (const listener of this.#listeners) listener(notice);
	}
}
