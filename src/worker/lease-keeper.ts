import { Worker as Thread } from 'node:worker_threads';
import type { Store } from '../client/store.ts';
import type { Lease } from '../engine/engine.ts';
import { Leases } from './leases.ts';

export interface ThreadData {
	url: string;
	leaseMs: number;
	maxBlockMs: number;
	/** One Int32 that the main thread counts up while its event loop turns. */
	ticks: SharedArrayBuffer;
}

export type ToThread = { hold: Lease; leftMs: number } | { drop: Lease } | { close: true };
export type FromThread = { lost: Lease };

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
	leaseMs: number;
	/** How long the main thread may stand still before its leases are let go, in ms. */
	maxBlockMs: number;
	onLost: (lease: Lease) => void;
}

/** A store that others can reach too is renewed from a thread; one that lives in this process by this process. */
export function keepLeases(options: KeeperOptions): LeaseKeeper {
	const { store, url, leaseMs, onLost } = options;
	if (url !== null && store.engine.supports.sharing) {
		try {
			return new ThreadKeeper({ ...options, url });
		} catch {
			// No threads here, or a bundler left the thread's file behind: renewed by this thread, then.
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

	constructor(store: Store, options: { leaseMs: number; onLost: (lease: Lease) => void }) {
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

/** From sources Node 20 can't start a .ts file as a thread; the build has the same one. */
function threadFile(): URL {
	const { url } = import.meta;
	return new URL(url.endsWith('.ts') ? '../../dist/worker/lease-thread.js' : './lease-thread.js', url);
}

class ThreadKeeper implements LeaseKeeper {
	readonly #thread: Thread;
	readonly #ticker: NodeJS.Timeout;

	constructor({ url, leaseMs, maxBlockMs, onLost }: KeeperOptions & { url: string }) {
		const ticks = new SharedArrayBuffer(4);
		const tick = new Int32Array(ticks);
		const data: ThreadData = { url, leaseMs, maxBlockMs, ticks };
		this.#thread = new Thread(threadFile(), { workerData: data });
		this.#thread.on('message', ({ lost }: FromThread) => onLost(lost));
		// Without the thread leases run out and their jobs are given to others: late, but never twice at once for long.
		this.#thread.on('error', () => {});
		this.#thread.unref();
		this.#ticker = setInterval(() => Atomics.add(tick, 0, 1), TICK_MS);
		this.#ticker.unref();
	}

	hold(id: string, token: number, leftMs: number): void {
		this.#send({ hold: { id, token }, leftMs });
	}

	drop(id: string, token: number): void {
		this.#send({ drop: { id, token } });
	}

	close(): void {
		clearInterval(this.#ticker);
		this.#send({ close: true });
	}

	#send(message: ToThread): void {
		this.#thread.postMessage(message);
	}
}
