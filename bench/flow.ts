/** Runs `one` for 0 … count − 1 with `inFlight` of them under way. */
export async function each(count: number, inFlight: number, one: (n: number) => Promise<void>): Promise<void> {
	let next = 0;
	const lane = async () => {
		while (next < count) await one(next++);
	};
	await Promise.all(Array.from({ length: Math.min(inFlight, count) }, lane));
}

/** Seconds that `work` takes. */
export async function seconds(work: () => Promise<void>): Promise<number> {
	const begin = performance.now();
	await work();
	return (performance.now() - begin) / 1_000;
}

/**
 * Watches that jobs 0 … count − 1 are each delivered once.
 *
 * A queue that delivers one of them twice, or another one, fails its sample: speed from skipped checks counts for nothing.
 */
export class Deliveries {
	readonly all: Promise<void>;
	readonly #seen: Uint8Array;
	#left: number;
	#done: () => void = () => {};
	#fail: (error: Error) => void = () => {};

	constructor(count: number) {
		this.#seen = new Uint8Array(count);
		this.#left = count;
		this.all = new Promise((resolve, reject) => {
			this.#done = resolve;
			this.#fail = reject;
		});
	}

	readonly handler = async ({ n }: { n: number }): Promise<void> => {
		if (this.#seen[n] !== 0) this.#fail(new Error(`job ${n} was delivered twice, or was never pushed`));
		this.#seen[n] = 1;
		this.#left--;
		if (this.#left === 0) this.#done();
	};
}

/** Waits until the queue says that nothing is unfinished, or fails. */
export async function drained(unfinished: () => Promise<number>): Promise<void> {
	const end = performance.now() + 30_000;
	for (;;) {
		const left = await unfinished();
		if (left === 0) return;
		if (performance.now() > end) throw new Error(`${left} jobs were left unfinished`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

/** The value below which a share of the sorted values lie. */
export function percentile(sorted: number[], share: number): number {
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
