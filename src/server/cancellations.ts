import { parseId } from '../core/ids.ts';
import type { Engine } from '../engine/engine.ts';

/** What a take that waits hears of cancelled jobs of its topics. */
export interface Heard {
	/** The jobs cancelled so far. */
	ids: string[];
	/** Fires with the first of them. */
	signal: AbortSignal;
	/** Ends the listening. */
	end: () => void;
}

interface Listener {
	topics: string[];
	hear: (ids: string[]) => void;
}

/** Tells takes that wait which jobs are cancelled meanwhile, by one registration with the engine for all of them. */
export class Cancellations {
	readonly #engine: Engine;
	readonly #listeners = new Set<Listener>();
	#unregister: (() => void) | undefined;

	constructor(engine: Engine) {
		this.#engine = engine;
	}

	listen(topics: string[]): Heard {
		this.#unregister ??= this.#engine.onCancel((ids) => this.#tell(ids));
		const ids: string[] = [];
		const controller = new AbortController();
		const hear = (cancelled: string[]) => {
			ids.push(...cancelled);
			controller.abort();
		};
		const listener = { topics, hear };
		this.#listeners.add(listener);
		return { ids, signal: controller.signal, end: () => this.#listeners.delete(listener) };
	}

	close(): void {
		this.#unregister?.();
		this.#listeners.clear();
	}

	#tell(ids: string[]): void {
		for (const { topics, hear } of this.#listeners) {
			const own = ids.filter((id) => topics.includes(parseId(id)?.topic ?? ''));
			if (own.length > 0) hear(own);
		}
	}
}
