import { MillraceError } from '../../core/errors.ts';
import type { Durability } from '../engine.ts';
import type { Client } from './connection.ts';

const OLDEST = { redis: '7.0.0', valkey: '7.2.0' };

function isOlder(version: string, oldest: string): boolean {
	return version.localeCompare(oldest, 'en', { numeric: true }) < 0;
}

/** @throws STORE_REFUSED for a server that lacks what the scripts use. */
export async function checkServer(client: Client): Promise<void> {
	const info = String(await client.sendCommand(['INFO', 'server']));
	const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1];
	const redis = /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
	const tooOld = valkey === undefined ? isOlder(redis, OLDEST.redis) : isOlder(valkey, OLDEST.valkey);
	if (!tooOld) return;
	const text = `The server is ${valkey === undefined ? `Redis ${redis}` : `Valkey ${valkey}`}; Millrace needs Redis ${OLDEST.redis} or Valkey ${OLDEST.valkey}, or newer.`;
	throw new MillraceError('STORE_REFUSED', text);
}

/**
 * `fsynced` only where Redis writes its log to disk before it answers. `everysec` loses answered writes at a power cut
 * or at kill -9 while an fsync is slow, and a server that hides its settings is not given the benefit of the doubt.
 */
export async function readDurability(client: Client): Promise<Durability> {
	const on = await readSetting(client, 'appendonly');
	const when = await readSetting(client, 'appendfsync');
	return on === 'yes' && when === 'always' ? 'fsynced' : 'memory';
}

async function readSetting(client: Client, name: string): Promise<string | undefined> {
	try {
		const reply: unknown = await client.sendCommand(['CONFIG', 'GET', name]);
		const pairs = Array.isArray(reply) ? reply : Object.entries(reply ?? {}).flat();
		return pairs[1];
	} catch {
		return undefined;
	}
}
