/** Numbers from a seed: the same seed makes the same choices, whatever their timing comes to. */
export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	/** In [0, 1): mulberry32. */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let t = this.#state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	}

	/** In [least, most). */
	between(least: number, most: number): number {
		return least + this.next() * (most - least);
	}

	/** A whole number of them. */
	integer(least: number, most: number): number {
		return Math.floor(this.between(least, most));
	}

	pick<T>(items: readonly T[]): T {
		const item = items[Math.floor(this.next() * items.length)];
		if (item === undefined) throw new Error('There is nothing to pick from');
		return item;
	}
}
