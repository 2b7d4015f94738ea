import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'redis';
import type { TcpProxy } from '../../support/proxy.ts';
import type { History, Part } from '../history.ts';
import type { Random } from '../random.ts';
import type { StoreKind, System } from '../system.ts';

export interface Fault {
	name: string;
	stores: readonly StoreKind[];
	/** What is well again when it is healed. Default: something else than store and network. */
	part?: Part;
	/** What not every machine lets a run have. */
	needs?: 'smallDisk';
	/** Lets it happen, and heals it. */
	happen: (system: System, random: Random, history: History) => Promise<void>;
}

export const ALL: readonly StoreKind[] = ['redis', 'sqlite', 'everysec'];
export const REDIS: readonly StoreKind[] = ['redis', 'everysec'];

export const some = (random: Random, least: number, most: number) => pause(random.between(least, most));

export const serverOf = (system: System, random: Random) => random.pick(system.servers);

export function redisOf({ redis }: System) {
	if (redis === null) throw new Error('This run has no Redis');
	return redis;
}

/** A connection of a stranger to the same Redis. */
export async function stranger<T>(
	system: System,
	work: (send: (...args: string[]) => Promise<unknown>) => Promise<T>,
): Promise<T> {
	const client = createClient({ url: redisOf(system).url, socket: { reconnectStrategy: false } });
	client.on('error', () => {});
	await client.connect();
	try {
		return await work((...args) => client.sendCommand(args));
	} finally {
		client.destroy();
	}
}

export async function swallow(proxy: TcpProxy, wait: () => Promise<unknown>): Promise<void> {
	proxy.mode = 'swallow';
	await wait();
	proxy.mode = 'pass';
	// Those that have swallowed bytes stay dead.
	proxy.cut();
}

export async function storm(proxy: TcpProxy, random: Random): Promise<void> {
	for (let n = 0; n < 20; n++) {
		proxy.cut();
		await some(random, 10, 80);
	}
}

/** Lets answers to requests of one kind be lost, one after the other, until there were so many or the time is over. */
export async function loseReplies(proxy: TcpProxy, pattern: RegExp, count: number): Promise<void> {
	for (let n = 0; n < count; n++) {
		const lost = proxy.loseReplyTo((request) => pattern.test(request));
		await Promise.race([lost, pause(1_000)]);
	}
	proxy.loseReplyTo(() => false);
}

export const toStore = (system: System, random: Random) => {
	const { toStore: proxy } = serverOf(system, random);
	if (proxy === null) throw new Error('This store has no connection');
	return proxy;
};
