import { createClient } from 'redis';
import { RedisServer, type RedisServerOptions, redisForTest } from './redis-server.ts';
import { until } from './wait.ts';

/** What makes a replica be there soon. */
const SOON = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1'];

export interface Pair {
	primary: RedisServer;
	replica: RedisServer;
}

/** One command of a stranger; an array of them one after the other. */
export async function ask(url: string, ...args: string[]): Promise<unknown> {
	const client = createClient({ url, socket: { reconnectStrategy: false } });
	client.on('error', () => {});
	await client.connect();
	try {
		return await client.sendCommand(args);
	} finally {
		client.destroy();
	}
}

/** A field of INFO. */
export async function infoOf(url: string, field: string): Promise<string | undefined> {
	return new RegExp(`^${field}:(.*?)\r?$`, 'm').exec(String(await ask(url, 'INFO', 'everything')))?.[1];
}

/** The arguments of a server that others replicate, or that replicates another. */
export function replicating(port?: number): string[] {
	return port === undefined ? SOON : [...SOON, '--replicaof', '127.0.0.1', String(port)];
}

/** Resolves when the replica has all that its primary has. */
export async function inSync({ replica }: Pair): Promise<void> {
	const isUp = async () => (await infoOf(replica.url, 'master_link_status').catch(() => '')) === 'up';
	await until(isUp, { timeoutMs: 30_000, what: 'the replica to be in sync' });
}

/** A primary and its replica, of the current test's own. */
export async function pairForTest(options: RedisServerOptions = {}): Promise<Pair> {
	const primary = await redisForTest({ ...options, args: replicating() });
	const replica = await redisForTest({ ...options, args: replicating(primary.port) });
	await inSync({ primary, replica });
	return { primary, replica };
}

/** The same, for who stops them himself. One that is started again takes itself for a primary, whatever it was. */
export async function startPair(options: RedisServerOptions): Promise<Pair> {
	const args = [...(options.args ?? []), ...replicating()];
	const [primary, replica] = [
		await RedisServer.start({ ...options, args }),
		await RedisServer.start({ ...options, args }),
	];
	await ask(replica.url, 'REPLICAOF', '127.0.0.1', String(primary.port));
	await inSync({ primary, replica });
	return { primary, replica };
}
