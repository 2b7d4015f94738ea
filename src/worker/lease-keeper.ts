import type { Worker as Thread } from 'node:worker_threads';
import type { Store } from '../client/store.ts';
import type { Lease } from '../engine/engine.ts';
import { LeaseTable, type TableNews } from './lease-table.ts';
import { Leases, type OnLost } from './leases.ts';

export interface ThreadData {
	url: string;
	/** Of a server that wants one. */
	key: string | undefined;
	leaseMs: number;
	maxBlockMs: number;
	/** One Int32 that the main thread counts up while its event loop turns. */
	ticks: SharedArrayBuffer;
}

export type ToThread = TableNews | { close: true };
export type FromThread = { lost: Lease; cancelled: boolean } | { ready: true };

/** Keeps the leases of jobs that are being worked on. */
export interface LeaseKeeper {
	hold(id: string, token: number, leftMs: number): void;
	drop(id: string, token: number): void;
	close(): void;
}

interface KeeperOptions {
	store: Store;
	/** Where a thread can open the store itself; null when only this process has it. */
	url: string | null;
	/** With what it does so. */
	key?: string | undefined;
	leaseMs: number;
	/** How long the main thread may stand still before its leases are let go, in ms. */
	maxBlockMs: number;
	onLost: OnLost;
}

/** A store that others can reach too is renewed from a thread; one that lives in this process by this process. */
export function keepLeases(options: KeeperOptions): LeaseKeeper {
	const { store, url, leaseMs, onLost } = options;
	if (url !== null && store.engine.supports.sharing) {
		try {
			return new ThreadKeeper({ ...options, url });
		} catch {
			// No threads here: renewed by this thread, then.
		}
	}
	return new LocalKeeper(store, { leaseMs, onLost });
}

/**
 * Renews on the main thread. With a store of this process's own that is as good: nobody else reclaims, and before this
 * process does it renews what it holds, however long its loop stood still.
 */
class LocalKeeper implements LeaseKeeper {
	readonly #leases: Leases;
	readonly #store: Store;
	readonly #renew = () => this.#leases.renew();

	constructor(store: Store, options: { leaseMs: number; onLost: OnLost }) {
		this.#store = store;
		this.#leases = new Leases({ ...options, extend: (leases, ms) => store.engine.extend(leases, ms) });
		store.renewals.add(this.#renew);
	}

	hold(id: string, token: number, leftMs: number): void {
		this.#leases.hold(id, token, leftMs);
	}

	drop(id: string, token: number): void {
		this.#leases.drop(id, token);
	}

	close(): void {
		this.#store.renewals.delete(this.#renew);
		this.#leases.close();
	}
}

const TICK_MS = 250;

/**
 * Asked for when it is needed, since edge runtimes refuse a module that imports it.
 * @throws where there are no threads
 */
function threads(): typeof import('node:worker_threads') {
	return process.getBuiltinModule('node:worker_threads');
}

/** From sources Node 20 can't start a .ts file as a thread; the build has the same one. */
function threadFile(): URL {
	const { url } = import.meta;
	return new URL(url.endsWith('.ts') ? '../../dist/worker/lease-thread.js' : './lease-thread.js', url);
}

/**
 * Renews from a thread, whose start takes longer than a short lease lasts:
 *
 *     this thread renews ── the thread says that it is ready ──► the thread renews ── it fails ──► this thread renews
 */
class ThreadKeeper implements LeaseKeeper {
	readonly #options: KeeperOptions;
	readonly #thread: Thread;
	readonly #ticker: NodeJS.Timeout;
	readonly #table: LeaseTable;
	#stopgap: LocalKeeper | null;
	#closed = false;

	constructor(options: KeeperOptions & { url: string }) {
		const { url, key, leaseMs, maxBlockMs } = options;
		this.#options = options;
		const ticks = new SharedArrayBuffer(4);
		const tick = new Int32Array(ticks);
		const data: ThreadData = { url, key, leaseMs, maxBlockMs, ticks };
		this.#thread = new (threads().Worker)(threadFile(), { workerData: data });
		this.#thread.on('message', (message: FromThread) => this.#hear(message));
		this.#thread.on('error', () => this.#takeOver());
		this.#thread.unref();
		this.#table = new LeaseTable((news) => this.#send(news));
		this.#stopgap = this.#newStopgap();
		// Also keeps the process alive until the worker is closed: handlers may wait for what does not.
		this.#ticker = setInterval(() => Atomics.add(tick, 0, 1), TICK_MS);
	}

	hold(id: string, token: number, leftMs: number): void {
		this.#table.hold(id, token, leftMs);
		this.#stopgap?.hold(id, token, leftMs);
	}

	drop(id: string, token: number): void {
		this.#table.drop(id, token);
		this.#stopgap?.drop(id, token);
	}

	close(): void {
		this.#closed = true;
		clearInterval(this.#ticker);
		this.#table.clear();
		if (this.#stopgap === null) this.#send({ close: true });
		else void this.#thread.terminate();
		this.#endStopgap();
	}

	#hear(message: FromThread): void {
		if ('ready' in message) this.#endStopgap();
		else this.#lose(message.lost, message.cancelled);
	}

	#lose(lease: Lease, cancelled: boolean): void {
		if (this.#table.drop(lease.id, lease.token)) this.#options.onLost(lease, cancelled);
	}

	/** The thread's file was left behind by a bundler, or the thread ran out of memory. */
	#takeOver(): void {
		if (this.#closed) return;
		this.#stopgap ??= this.#newStopgap();
		for (const { id, token } of this.#table.leases()) this.#stopgap.hold(id, token, this.#options.leaseMs);
	}

	#newStopgap(): LocalKeeper {
		const { store, leaseMs } = this.#options;
		return new LocalKeeper(store, { leaseMs, onLost: (lease, cancelled) => this.#lose(lease, cancelled) });
	}

	#endStopgap(): void {
		this.#stopgap?.close();
		this.#stopgap = null;
	}

	#send(message: ToThread): void {
		this.#thread.postMessage(message);
	}
}
