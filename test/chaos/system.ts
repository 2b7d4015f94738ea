import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { MillraceServer } from '../support/millrace-server.ts';
import { TcpProxy } from '../support/proxy.ts';
import { RedisServer } from '../support/redis-server.ts';
import { SentinelGroup } from '../support/sentinel.ts';
import { tempDir } from '../support/temp.ts';
import { until } from '../support/wait.ts';
import type { History } from './history.ts';
import type { Poison } from './pusher.ts';
import { FaultyClock, FaultyDisk, joinEnv } from './shims/shims.ts';
import { fill, mountSmallDisk } from './small-disk.ts';
import type { Target } from './target.ts';

/** Redis with `appendfsync always`, an SQLite file, Redis with `appendfsync everysec`, or two of the first kind and sentinels. */
export type StoreKind = 'redis' | 'sqlite' | 'everysec' | 'sentinel';

export const TOPIC = 'chaos';
export const LEASE_MS = 2_000;
const WORKERS = 3;
/** One process owns an SQLite file. */
const SERVERS = { redis: 2, everysec: 2, sqlite: 1, sentinel: 2 };

/** A server that may be killed and started again behind the proxy by which everybody reaches it. */
interface Server {
	port: number;
	proxy: TcpProxy;
	/** Between it and its store; none for a file. */
	toStore: TcpProxy | null;
	/** Its own clock; where it keeps the store, that of the store. */
	clock: FaultyClock;
	process: MillraceServer;
}

interface WorkerProcess {
	name: string;
	child: ChildProcess;
	clock: FaultyClock;
}

function freePort(): number {
	return 10_000 + Math.floor(Math.random() * 22_000);
}

/** All that a run is about: a store, servers on it, workers as processes, and a proxy between any two of them. */
export class System implements Target {
	readonly topic = TOPIC;
	readonly kind: StoreKind;
	readonly redis: RedisServer | null;
	/** Of the store `sentinel`. */
	readonly group: SentinelGroup | null;
	readonly servers: Server[] = [];
	/** Where clients find them. */
	readonly urls: string[] = [];
	readonly workers: WorkerProcess[] = [];
	/** What the next jobs that are pushed do to whoever runs them. */
	readonly poisons: Poison[] = [];
	/** Of the store. */
	readonly disk: FaultyDisk;
	/** Of Redis; an SQLite file goes by that of its server. */
	readonly #redisClock: FaultyClock;
	/** Why the disk of the store cannot be filled; undefined when it can. */
	readonly hasNoSmallDisk: string | undefined;
	readonly #dir: string;
	readonly #history: History;
	#born = 0;
	#stopping = false;

	private constructor(kind: StoreKind, history: History, { redis, group, devices }: Storage) {
		this.kind = kind;
		this.redis = redis;
		this.group = group;
		this.disk = devices.disk;
		this.#redisClock = devices.clock;
		this.#dir = devices.dir;
		this.hasNoSmallDisk = devices.hasNoSmallDisk;
		this.#history = history;
	}

	static async start(kind: StoreKind, history: History): Promise<System> {
		const dir = tempDir();
		const hasNoSmallDisk = mountSmallDisk(dir);
		const devices = { dir, hasNoSmallDisk, disk: new FaultyDisk(), clock: new FaultyClock() };
		const system = new System(kind, history, { ...(await startStore(kind, devices)), devices });
		onTestFinished(() => system.stop());
		for (let n = 0; n < SERVERS[kind]; n++) await system.#addServer();
		for (let n = 0; n < WORKERS; n++) system.addWorker();
		return system;
	}

	get storeClock(): FaultyClock {
		return this.redis === null ? (this.servers[0]?.clock ?? this.#redisClock) : this.#redisClock;
	}

	/** What the store has, after its processes were killed, is what was synced. */
	cutPower(): void {
		this.disk.cutPower(this.#dir);
	}

	/** @returns the file to remove, so that there is room again */
	fillDisk(): string {
		return fill(this.#dir);
	}

	async startServer(server: Server): Promise<void> {
		server.process = this.#spawnServer(server);
		await server.process.url();
	}

	/** A worker takes the place of one that has ended by itself. */
	addWorker(): void {
		const name = `w${++this.#born}`;
		const options = { urls: this.urls, topic: TOPIC, leaseMs: LEASE_MS, worker: name };
		const program = join(import.meta.dirname, 'worker.mjs');
		const clock = new FaultyClock();
		const env = { ...process.env, ...clock.env };
		const child = spawn(process.execPath, [program, JSON.stringify(options)], {
			env,
			stdio: ['ignore', 'pipe', 'ignore'],
		});
		const worker = { name, child, clock };
		this.workers.push(worker);
		createInterface({ input: child.stdout }).on('line', (line) => this.#history.add(JSON.parse(line)));
		child.once('close', () => {
			this.#history.add({ e: 'ended', at: Date.now(), worker: name });
			this.workers.splice(this.workers.indexOf(worker), 1);
			if (!this.#stopping) this.addWorker();
		});
	}

	async stop(): Promise<void> {
		this.#stopping = true;
		for (const { child } of [...this.workers]) await end(child);
		for (const { process } of this.servers) await end(process.child);
		await this.redis?.stop();
		await this.group?.stop();
	}

	async #addServer(): Promise<void> {
		const port = freePort();
		const toStore = this.redis === null ? null : await TcpProxy.start(this.redis.port);
		const clock = new FaultyClock();
		const process = this.#spawnServer({ port, toStore, clock });
		const proxy = await TcpProxy.start(port);
		this.servers.push({ port, toStore, clock, process, proxy });
		this.urls.push(`http://127.0.0.1:${proxy.port}`);
		await process.url();
	}

	#spawnServer({ port, toStore, clock }: Omit<Server, 'process' | 'proxy'>): MillraceServer {
		const url = this.group?.url ?? (toStore && `redis://127.0.0.1:${toStore.port}`);
		const args = ['serve', '--port', String(port), '--store', url ?? 'sqlite:./jobs.db', '--log-level', 'error'];
		// Who keeps the store has its disk.
		const env = url === null ? joinEnv(clock.env, this.disk.env) : clock.env;
		return new MillraceServer(args, env, this.#dir);
	}
}

interface Devices {
	dir: string;
	hasNoSmallDisk: string | undefined;
	disk: FaultyDisk;
	clock: FaultyClock;
}

interface Storage {
	redis: RedisServer | null;
	group: SentinelGroup | null;
	devices: Devices;
}

async function startStore(kind: StoreKind, { dir, disk, clock }: Devices): Promise<Omit<Storage, 'devices'>> {
	const args = ['--busy-reply-threshold', '200'];
	if (kind === 'sqlite') return { redis: null, group: null };
	if (kind === 'sentinel') {
		return { redis: null, group: await SentinelGroup.start({ appendonly: true, appendfsync: 'always', args }) };
	}
	const appendfsync = kind === 'redis' ? 'always' : 'everysec';
	const env = joinEnv(disk.env, clock.env);
	const redis = await RedisServer.start({ appendonly: true, appendfsync, args: ['--dir', dir, ...args], env });
	return { redis, group: null };
}

/** SIGKILL; resolves when the process is gone. */
export async function end(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const closed = once(child, 'close');
	child.kill('SIGKILL');
	await closed;
}

/** Stops a process for a while, as a machine does that is out of memory or moved to another host. */
export async function freeze(
	child: { kill(signal: NodeJS.Signals): boolean },
	wait: () => Promise<void>,
): Promise<void> {
	child.kill('SIGSTOP');
	try {
		await wait();
	} finally {
		child.kill('SIGCONT');
	}
}

/** Resolves when a server answers. */
export async function isUp(url: string): Promise<void> {
	const ready = async () => (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
	await until(() => ready().catch(() => false), { timeoutMs: 60_000, what: `${url} to be ready` });
}
