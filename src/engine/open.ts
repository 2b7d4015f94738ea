import type { Engine } from './engine.ts';

export interface EngineOptions {
	/** Deadline of every call, in ms. Default `LIMITS.callDeadlineMs`. */
	deadlineMs?: number;
}

/**
 * The engine for a store URL, not opened yet.
 *
 * `memory:` · `sqlite:./jobs.db` · `redis://user:password@host:6379/0` · `rediss://…`
 *
 * @throws INVALID for any other URL.
 */
export function createEngine(_url: string, _options: EngineOptions = {}): Engine {
	throw new Error('to be written');
}
