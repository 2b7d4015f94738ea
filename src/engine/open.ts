import { invalid } from '../core/errors.ts';
import type { Engine } from './engine.ts';

/** What the URL of a store looks like; of a server it is another. */
export const STORE_FORMS = 'memory:, sqlite:FILE, redis(s)://HOST:PORT or redis(s)+sentinel://HOST:PORT,…/NAME';

export interface EngineOptions {
	/** Deadline of every call, in ms. Default `LIMITS.callDeadlineMs`, and a second more for a server. */
	deadlineMs?: number;
	/** The key of a server that wants one: `mr_…`. Other stores have no use for it. */
	key?: string | undefined;
	/** False for who neither takes nor sweeps: no subscription then, which costs a Redis a message a hint. Default true. */
	hints?: boolean;
}

/**
 * The engine for a store URL, not opened yet. Only what that store needs is loaded: the Redis client alone takes 0.3 s.
 *
 * `memory:` · `sqlite:./jobs.db` · `redis://user:password@host:6379/0` · `rediss://…` ·
 * `redis+sentinel://user:password@host:26379,host:26379/name/0` · `rediss+sentinel://…` · `http://host:7420` (a Millrace server) · `https://…`
 *
 * @throws INVALID for any other URL.
 */
export async function createEngine(url: string, { key, ...options }: EngineOptions = {}): Promise<Engine> {
	if (/^rediss?(\+sentinel)?:/i.test(url) && (await import('./redis/url.ts')).isRedisUrl(url)) {
		const { RedisEngine } = await import('./redis/engine.ts');
		return new RedisEngine({ url, ...options });
	}
	if (/^https?:\/\/./.test(url) && URL.canParse(url)) {
		const { RemoteEngine } = await import('./remote/engine.ts');
		return new RemoteEngine({ url, ...options, ...(key === undefined ? {} : { headers: bearer(key) }) });
	}
	const path = url === 'memory:' ? ':memory:' : /^sqlite:(.+)$/.exec(url)?.[1];
	if (path === undefined) {
		throw invalid('store', `must be ${STORE_FORMS}, or http(s)://HOST:PORT`, url);
	}
	const { SqliteEngine } = await import('./sqlite/engine.ts');
	return new SqliteEngine({ path, ...options });
}

/** @throws INVALID, which does not show the key */
function bearer(key: string): { authorization: string } {
	if (/^[!-~]+$/.test(key)) return { authorization: `Bearer ${key}` };
	throw invalid('key', 'must be a key as it was shown when it was made, like mr_…', `${key.length} characters`);
}
