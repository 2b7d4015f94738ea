import { MillraceError } from './errors.ts';
import type { NewJob } from './job.ts';

/** How full a store is. */
export interface Fill {
	/** Bytes that may still come before pushes are refused. */
	room: number;
	/** True when it may be full soon. */
	near: boolean;
	/** What is full, how far, and what to do, in one line. */
	message: string;
}

/** How long a reading holds while pushes come, far from full and near to it: others push as well. */
const FAR_MS = 1_000;
const NEAR_MS = 50;
/** Bytes that may come through here before it is read again, as a share of the room that there was. */
const SHARE = 0.2;

/**
 * Refuses pushes before a store is full, so that what is stored can still be worked off: completions need room as well. A reading is never waited for; the push that
 * finds it old sets off the next one, and an idle store is not asked at all.
 */
export class Headroom {
	readonly #read: () => Promise<Fill | null>;
	#fill: Fill | null = null;
	#readAt = Number.NEGATIVE_INFINITY;
	#pushed = 0;
	#reading: Promise<void> | null = null;

	/** @param read null where nothing is known, or there is no limit */
	constructor(read: () => Promise<Fill | null>) {
		this.#read = read;
	}

	/** @throws STORE_FULL */
	check(batches: { jobs: NewJob[] }[]): void {
		for (const { jobs } of batches) for (const { data } of jobs) this.#pushed += data.length;
		if (this.#isOld()) void this.refresh();
		if (this.#fill !== null && this.#fill.room <= 0) throw new MillraceError('STORE_FULL', this.#fill.message);
	}

	/** Never throws: a store that can't say how full it is says so by itself when it is. */
	refresh(): Promise<void> {
		this.#reading ??= this.#readOnce();
		return this.#reading;
	}

	async #readOnce(): Promise<void> {
		this.#pushed = 0;
		this.#fill = await this.#read().catch(() => null);
		this.#readAt = performance.now();
		this.#reading = null;
	}

	#isOld(): boolean {
		const ageMs = performance.now() - this.#readAt;
		if (this.#fill === null) return ageMs > FAR_MS;
		return ageMs > (this.#fill.near ? NEAR_MS : FAR_MS) || this.#pushed > SHARE * this.#fill.room;
	}
}

/** Bytes for a person. */
export function megabytes(bytes: number): string {
	return `${(bytes / 1_048_576).toFixed(1)} MB`;
}
