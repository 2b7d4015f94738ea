import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'redis';
import type { TcpProxy } from '../support/proxy.ts';
import type { Random } from './random.ts';
import { end, freeze, isUp, type StoreKind, type System, TOPIC } from './system.ts';

export interface Fault {
	name: string;
	stores: readonly StoreKind[];
	/** Lets it happen, and heals it. */
	happen: (system: System, random: Random) => Promise<void>;
}

const BOTH: readonly StoreKind[] = ['redis', 'sqlite'];
const REDIS: readonly StoreKind[] = ['redis'];

const some = (random: Random, least: number, most: number) => pause(random.between(least, most));

const serverOf = (system: System, random: Random) => random.pick(system.servers);

function redisOf({ redis }: System) {
	if (redis === null) throw new Error('This run has no Redis');
	return redis;
}

/** A connection of a stranger to the same Redis. */
async function stranger<T>(
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

async function swallow(proxy: TcpProxy, wait: () => Promise<unknown>): Promise<void> {
	proxy.mode = 'swallow';
	await wait();
	proxy.mode = 'pass';
	// Those that have swallowed bytes stay dead.
	proxy.cut();
}

async function storm(proxy: TcpProxy, random: Random): Promise<void> {
	for (let n = 0; n < 20; n++) {
		proxy.cut();
		await some(random, 10, 80);
	}
}

/** Lets answers to requests of one kind be lost, one after the other, until there were so many or the time is over. */
async function loseReplies(proxy: TcpProxy, pattern: RegExp, count: number): Promise<void> {
	for (let n = 0; n < count; n++) {
		const lost = proxy.loseReplyTo((request) => pattern.test(request));
		await Promise.race([lost, pause(1_000)]);
	}
	proxy.loseReplyTo(() => false);
}

const toStore = (system: System, random: Random) => {
	const { toStore: proxy } = serverOf(system, random);
	if (proxy === null) throw new Error('This store has no connection');
	return proxy;
};

export const FAULTS: Fault[] = [
	{
		name: 'kill -9 of a server',
		stores: BOTH,
		happen: async (system, random) => {
			const server = serverOf(system, random);
			await end(server.process.child);
			await some(random, 0, 1_500);
			await system.startServer(server);
		},
	},
	{
		name: 'graceful restart of a server',
		stores: BOTH,
		happen: async (system, random) => {
			const server = serverOf(system, random);
			server.process.child.kill('SIGTERM');
			await server.process.exited;
			await system.startServer(server);
		},
	},
	{
		name: 'a server stands still',
		stores: BOTH,
		happen: (system, random) => freeze(serverOf(system, random).process.child, () => some(random, 500, 5_000)),
	},
	{
		name: 'kill -9 of a worker',
		stores: BOTH,
		happen: (system, random) => end(random.pick(system.workers).child),
	},
	{
		name: 'a worker stands still for longer than its leases',
		stores: BOTH,
		happen: (system, random) => freeze(random.pick(system.workers).child, () => some(random, 2_100, 4_000)),
	},
	...(['exit', 'abort', 'spin'] as const).map(
		(poison): Fault => ({
			name: `jobs that make their worker ${poison}`,
			stores: BOTH,
			happen: async (system) => {
				system.poisons.push(poison, poison);
				// Long enough for every attempt of them: each takes a lease and a backoff.
				await pause(10_000);
			},
		}),
	),
	{
		name: 'connections to a server are reset, again and again',
		stores: BOTH,
		happen: (system, random) => storm(serverOf(system, random).proxy, random),
	},
	{
		name: 'a server in a black hole',
		stores: BOTH,
		happen: (system, random) => swallow(serverOf(system, random).proxy, () => some(random, 500, 4_000)),
	},
	...[
		['pushes', /^POST \/v1\/topics/],
		['takes', /^POST \/v1\/take/],
		['settles', /^POST \/v1\/settle/],
	].map(
		([what, pattern]): Fault => ({
			name: `answers to ${what} are lost on their way from a server`,
			stores: BOTH,
			happen: (system, random) => loseReplies(serverOf(system, random).proxy, pattern as RegExp, 10),
		}),
	),
	{
		name: 'half a push, and no more',
		stores: BOTH,
		happen: async (system, random) => {
			const { port } = serverOf(system, random).proxy;
			const head = `POST /v1/topics/${TOPIC}/jobs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n`;
			const socket = connect(port, '127.0.0.1').on('error', () => {});
			socket.write(`${head}{"jobs":[{"data":{"n":`);
			await some(random, 50, 500);
			socket.resetAndDestroy();
		},
	},
	{
		name: 'callers leave in the midst of a long poll',
		stores: BOTH,
		happen: async (system, random) => {
			const url = `http://127.0.0.1:${serverOf(system, random).proxy.port}/v1/take`;
			const body = JSON.stringify({ topics: [TOPIC], max: 1, waitMs: 30_000, leaseMs: 2_000 });
			const headers = { 'content-type': 'application/json' };
			const calls = Array.from({ length: 10 }, () =>
				fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(random.integer(5, 300)) }).then(
					(response) => response.arrayBuffer(),
				),
			);
			await Promise.allSettled(calls);
		},
	},
	{
		name: 'kill -9 of Redis',
		stores: REDIS,
		happen: async (system, random) => {
			await redisOf(system).kill();
			await some(random, 0, 1_500);
			await redisOf(system).restart();
		},
	},
	{
		name: 'Redis stands still',
		stores: REDIS,
		happen: async (system, random) => {
			redisOf(system).pause();
			await some(random, 300, 6_000);
			redisOf(system).resume();
		},
	},
	{
		name: 'connections to Redis are reset, again and again',
		stores: REDIS,
		happen: (system, random) => storm(toStore(system, random), random),
	},
	{
		name: 'Redis in a black hole for one server',
		stores: REDIS,
		happen: (system, random) => swallow(toStore(system, random), () => some(random, 500, 5_000)),
	},
	{
		name: 'answers of scripts are lost on their way from Redis',
		stores: REDIS,
		happen: (system, random) => loseReplies(toStore(system, random), /fcall|evalsha/i, 10),
	},
	{
		name: 'the scripts are flushed',
		stores: REDIS,
		happen: (system, random) =>
			stranger(system, async (send) => {
				for (let n = 0; n < 5; n++) {
					await send('FUNCTION', 'FLUSH');
					await send('SCRIPT', 'FLUSH');
					await some(random, 20, 100);
				}
			}),
	},
	{
		name: 'a slow script of a stranger',
		stores: REDIS,
		happen: (system, random) =>
			stranger(system, async (send) => {
				const script = send('EVAL', 'while true do end', '0').catch(() => {});
				await some(random, 300, 3_000);
				await stranger(system, (other) => other('SCRIPT', 'KILL'));
				await script;
			}),
	},
	{
		name: 'the memory of Redis is used up',
		stores: REDIS,
		happen: (system, random) =>
			stranger(system, async (send) => {
				await send('CONFIG', 'SET', 'maxmemory', '1');
				await some(random, 500, 3_000);
				await send('CONFIG', 'SET', 'maxmemory', '0');
			}),
	},
	{
		name: 'the log of Redis is rewritten',
		stores: REDIS,
		happen: (system) => stranger(system, async (send) => void (await send('BGREWRITEAOF').catch(() => {}))),
	},
];

/** Waits until every server answers through its proxy. */
export async function healed({ urls }: System): Promise<void> {
	await Promise.all(urls.map(isUp));
}
