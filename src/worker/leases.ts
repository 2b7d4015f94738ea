import { LIMITS } from '../core/limits.ts';
import type { ExtendResult, Lease } from '../engine/engine.ts';

export type OnLost = (lease: Lease, cancelled: boolean) => void;

interface Held extends Lease {
	/** When the lease ends at the latest, on this process's monotonic clock. */
	endsAt: number;
}

interface LeasesOptions {
	extend: (leases: Lease[], leaseMs: number) => Promise<ExtendResult[]>;
	leaseMs: number;
	/** The delivery is somebody else's by now, or may be; or its job was cancelled. Told once for each. */
	onLost: OnLost;
	/** False while renewing would keep alive a worker that is not. Default: always true. */
	mayRenew?: () => boolean;
	/** Sees to it that what is to be renewed is held here. */
	beforeRenewal?: () => void;
}

/** Leases are renewed this often in their length: two renewals may fail before one is lost. */
const RENEWALS_PER_LEASE = 3;

/**
 * Renews leases in batches, and tells which are lost: by the store's word, or because they ran out while it was away.
 * A lease counts from when its request was *sent*, so the store's end is never earlier than ours.
 */
export class Leases {
	readonly #options: LeasesOptions;
	readonly #held = new Map<string, Held>();
	readonly #timer: ReturnType<typeof setInterval>;
	#renewing: Promise<void> | null = null;

	constructor(options: LeasesOptions) {
		this.#options = options;
		this.#timer = setInterval(() => void this.renew(), options.leaseMs / RENEWALS_PER_LEASE);
	}

	/** @param leftMs how long the lease still runs, counted from when it was asked for */
	hold(id: string, token: number, leftMs: number): void {
		this.#held.set(id, { id, token, endsAt: performance.now() + leftMs });
	}

	drop(id: string, token: number): void {
		if (this.#held.get(id)?.token === token) this.#held.delete(id);
	}

	/** Renews all that are held. Joins a renewal that is under way. */
	renew(): Promise<void> {
		this.#renewing ??= this.#renewAll().finally(() => {
			this.#renewing = null;
		});
		return this.#renewing;
	}

	close(): void {
		clearInterval(this.#timer);
		this.#held.clear();
	}

	async #renewAll(): Promise<void> {
		const { mayRenew = () => true, beforeRenewal } = this.#options;
		beforeRenewal?.();
		const held = [...this.#held.values()];
		if (mayRenew()) {
			for (let i = 0; i < held.length; i += LIMITS.batch) await this.#renewSome(held.slice(i, i + LIMITS.batch));
		}
		const now = performance.now();
		for (const lease of held) if (lease.endsAt <= now) this.#lose(lease);
	}

	async #renewSome(leases: Held[]): Promise<void> {
		const { extend, leaseMs } = this.#options;
		const sentAt = performance.now();
		let results: ExtendResult[];
		try {
			results = await extend(
				leases.map(({ id, token }) => ({ id, token })),
				leaseMs,
			);
		} catch {
			// The store is away. The next renewal tries again, and a lease that runs out meanwhile is given up.
			return;
		}
		for (const [i, lease] of leases.entries()) {
			const status = results[i]?.status;
			if (status === 'ok') lease.endsAt = sentAt + leaseMs;
			else this.#lose(lease, status === 'cancelled');
		}
	}

	#lose(lease: Held, cancelled = false): void {
		if (this.#held.get(lease.id) !== lease) return;
		this.#held.delete(lease.id);
		this.#options.onLost({ id: lease.id, token: lease.token }, cancelled);
	}
}
