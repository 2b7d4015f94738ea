import { invalid } from '../core/errors.ts';
import type { Engine } from './engine.ts';
import { RedisEngine } from './redis/engine.ts';
import { SqliteEngine } from './sqlite/engine.ts';

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
export function createEngine(url: string, options: EngineOptions = {}): Engine {
	if (url === 'memory:') return new SqliteEngine({ path: ':memory:', ...options });
	if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length) {
		return new SqliteEngine({ path: url.slice('sqlite:'.length), ...options });
	}
	if (/^rediss?:\/\/./.test(url) && URL.canParse(url)) return new RedisEngine({ url, ...options });
	throw invalid('store', 'must be memory:, sqlite:FILE, redis://HOST:PORT or rediss://HOST:PORT', url);
}
