/** How often a key may ask: `limit` requests in `perMs` on the average, and up to `burst` at once. */
export interface RequestRate {
	/** 1 to 1,000,000. */
	limit: number;
	/** In ms, 1 to a day. */
	perMs: number;
	/** 1 to 1,000,000, also more than `limit`. Default: `limit`. */
	burst?: number;
}

/** A token bucket: it is full at first, a request takes a token out, and `limit` flow in again in `perMs`. Times are of a monotonic clock, in ms. */
export class Bucket {
	readonly #size: number;
	readonly #msPerToken: number;
	#tokens: number;
	#filledAt: number;

	constructor({ limit, perMs, burst = limit }: RequestRate, now: number) {
		this.#size = burst;
		this.#msPerToken = perMs / limit;
		this.#tokens = burst;
		this.#filledAt = now;
	}

	/** How long until there is a token; 0 for now. */
	waitMs(now: number): number {
		const filled = this.#tokens + Math.max(0, now - this.#filledAt) / this.#msPerToken;
		this.#tokens = Math.min(this.#size, filled);
		this.#filledAt = Math.max(now, this.#filledAt);
		return this.#tokens >= 1 ? 0 : (1 - this.#tokens) * this.#msPerToken;
	}

	/** Takes a token out, if there is one. Returns what `waitMs` said before. */
	take(now: number): number {
		const wait = this.waitMs(now);
		if (wait === 0) this.#tokens--;
		return wait;
	}
}
