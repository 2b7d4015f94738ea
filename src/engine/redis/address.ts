import type { Client } from './client.ts';
import { Sentinels } from './sentinels.ts';
import { parseSentinelUrl } from './url.ts';

/** Where a server is, asked for every connection anew. */
export interface Address {
	/**
	 * A URL of one server.
	 *
	 * @param withinMs how long it may take to find out
	 * @throws UNAVAILABLE when nobody knows
	 */
	find(withinMs: number): Promise<string>;
	/**
	 * Whether this server, just connected to, is the one that was meant.
	 * @throws UNAVAILABLE when it is not, for now
	 */
	check(client: Client): Promise<void>;
}

export function addressOf(url: string): Address {
	const sentinels = parseSentinelUrl(url);
	return sentinels === null ? { find: async () => url, check: async () => {} } : new Sentinels(sentinels);
}
