import { MillraceError } from '../../core/errors.ts';
import type { Client } from './connection.ts';

const OLDEST = { redis: '7.0.0', valkey: '7.2.0' };

/** Fields of INFO by name. */
export type Info = ReadonlyMap<string, string>;

export async function readInfo(client: Client, ...sections: string[]): Promise<Info> {
	const text = String(await client.sendCommand(['INFO', ...sections]));
	return new Map([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]));
}

/**
 * Refuses a server on which jobs could not run or would be lost.
 * @throws STORE_REFUSED, with what it is and what to do
 */
export async function checkServer(client: Client): Promise<void> {
	const info = await readInfo(client, 'server', 'replication', 'memory');
	const problem = oldVersion(info) ?? otherRole(info) ?? eviction(info);
	if (problem !== undefined) throw new MillraceError('STORE_REFUSED', problem);
}

function oldVersion(info: Info): string | undefined {
	const [redis, valkey] = [info.get('redis_version') ?? 'unknown', info.get('valkey_version')];
	const tooOld = valkey === undefined ? isOlder(redis, OLDEST.redis) : isOlder(valkey, OLDEST.valkey);
	if (!tooOld) return undefined;
	const what = valkey === undefined ? `Redis ${redis}` : `Valkey ${valkey}`;
	return `The server is ${what}; Millrace needs Redis ${OLDEST.redis} or Valkey ${OLDEST.valkey}, or newer.`;
}

function isOlder(version: string, oldest: string): boolean {
	return version.localeCompare(oldest, 'en', { numeric: true }) < 0;
}

/** Whether the server can be asked to wait for disks: Redis 7.2, and every Valkey. */
export function hasWaitAof(info: Info): boolean {
	return !isOlder(info.get('redis_version') ?? '0', '7.2.0');
}

function otherRole(info: Info): string | undefined {
	if (info.get('redis_mode') === 'cluster') {
		return 'The server is a node of a Redis Cluster, which Millrace does not speak to yet; give it a server of its own.';
	}
	if (info.get('role') !== 'slave') return undefined;
	const primary = `${info.get('master_host')}:${info.get('master_port')}`;
	return `The server is a replica of ${primary}, which takes no jobs; connect to its primary.`;
}

/** With no limit of memory nothing is ever thrown away. */
function eviction(info: Info): string | undefined {
	const policy = evictionPolicy(info);
	if (policy === undefined || !hasLimit(info)) return undefined;
	return `The server has maxmemory-policy ${policy} and would throw jobs away when its memory runs short; set it to noeviction (CONFIG SET maxmemory-policy noeviction, and in redis.conf).`;
}

/** What an operator should know while nothing is lost yet: the policy may be changed, or a limit set, while servers run. */
export function evictionNotice(info: Info): string | null {
	const policy = evictionPolicy(info);
	if (policy === undefined) return null;
	const when = hasLimit(info) ? 'when its memory runs short' : 'once it is given a maxmemory';
	return `Redis has maxmemory-policy ${policy} and will throw jobs away ${when}; set it to noeviction.`;
}

/** Undefined for the one policy that throws nothing away. */
function evictionPolicy(info: Info): string | undefined {
	const policy = info.get('maxmemory_policy');
	return policy === 'noeviction' ? undefined : policy;
}

function hasLimit(info: Info): boolean {
	return Number(info.get('maxmemory') ?? 0) > 0;
}
