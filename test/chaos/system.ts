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

export type StoreKind = 'redis' | 'sqlite' | 'sentinel';

export const TOPIC = 'chaos';
export const LEASE_MS = 2_000;
const WORKERS = 3;
/** One process owns an SQLite file. */
const SERVERS = { redis: 2, sqlite: 1, sentinel: 2 };

/** A server that may be killed and started again behind the proxy by which everybody reaches it. */
interface Server {
	port: number;
	proxy: TcpProxy;
	/** Between it and its store; none for a file. */
	toStore: TcpProxy | null;
	process: MillraceServer;
}

/** Ends its worker, orderly or not, or keeps it busy for longer than its lease. */
export type Poison = 'exit' | 'abort' | 'spin';

interface WorkerProcess {
	name: string;
	child: ChildProcess;
}

function freePort(): number {
	return 10_000 + Math.floor(Math.random() * 22_000);
}

/** All that a run is about: a store, servers on it, workers as processes, and a proxy between any two of them. */
export class System {
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
	readonly #dir = tempDir();
	readonly #history: History;
	#born = 0;
	#stopping = false;

	private constructor(kind: StoreKind, { redis, group }: Pick<System, 'redis' | 'group'>, history: History) {
		this.kind = kind;
		this.redis = redis;
		this.group = group;
		this.#history = history;
	}

	static async start(kind: StoreKind, history: History): Promise<System> {
		const args = ['--busy-reply-threshold', '200'];
		const safe = { appendonly: true, appendfsync: 'always', args } as const;
		const redis = kind === 'redis' ? await RedisServer.start(safe) : null;
		const group = kind === 'sentinel' ? await SentinelGroup.start(safe) : null;
		const system = new System(kind, { redis, group }, history);
		onTestFinished(() => system.stop());
		for (let n = 0; n < SERVERS[kind]; n++) await system.#addServer();
		for (let n = 0; n < WORKERS; n++) system.addWorker();
		return system;
	}

	async startServer(server: Server): Promise<void> {
		server.process = this.#spawnServer(server.port, server.toStore);
		await server.process.url();
	}

	/** A worker takes the place of one that has ended by itself. */
	addWorker(): void {
		const name = `w${++this.#born}`;
		const options = { urls: this.urls, topic: TOPIC, leaseMs: LEASE_MS, worker: name };
		const program = join(import.meta.dirname, 'worker.mjs');
		const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'ignore'] });
		const worker = { name, child };
		this.workers.push(worker);
		createInterface({ input: child.stdout }).on('line', (line) => this.#history.add(JSON.parse(line)));
		child.once('close', () => {
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
		const process = this.#spawnServer(port, toStore);
		const proxy = await TcpProxy.start(port);
		this.servers.push({ port, toStore, process, proxy });
		this.urls.push(`http://127.0.0.1:${proxy.port}`);
		await process.url();
	}

	#spawnServer(port: number, toStore: TcpProxy | null): MillraceServer {
		const own = toStore === null ? 'sqlite:./jobs.db' : `redis://127.0.0.1:${toStore.port}`;
		const store = this.group?.url ?? own;
		const args = ['serve', '--port', String(port), '--store', store, '--log-level', 'error'];
		return new MillraceServer(args, {}, this.#dir);
	}
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
