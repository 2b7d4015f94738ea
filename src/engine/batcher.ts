import { nextTurn } from '../core/next-turn.ts';
import { OneAtATime } from '../core/one-at-a-time.ts';
import { shareOf } from './share.ts';

interface BatcherOptions<Item, Result> {
	/** Does the work of many calls: one result per item, in order. */
	flush: (items: Item[]) => Promise<Result[]>;
	/** What an item counts towards `maxWeight`. */
	weigh: (item: Item) => number;
	maxWeight: number;
	/** What an item counts towards `maxBytes`. */
	bytes: (item: Item) => number;
	maxBytes: number;
	/** Flushes under way at once. Two keep the store busy while the answers of one are read. */
	inFlight: number;
	/** What came together may leave in several flushes at once: they take effect in order. */
	split: boolean;
}

/** One call of `run`, whose items may leave in several flushes. */
interface Call<Result> {
	results: Result[];
	left: number;
	resolve: (results: Result[]) => void;
	reject: (error: unknown) => void;
}

interface Waiting<Item, Result> {
	item: Item;
	place: number;
	call: Call<Result>;
}

/**
 * Group commit: items that arrive while earlier ones are under way are flushed together. There is no timer; the first
 * item of an idle batcher leaves at the end of the current turn of the event loop, with all others of that turn.
 */
export class Batcher<Item, Result> {
	readonly #options: BatcherOptions<Item, Result>;
	#queue: Waiting<Item, Result>[] = [];
	readonly #answers = new OneAtATime();
	#underWay = 0;
	#scheduled = false;

	constructor(options: BatcherOptions<Item, Result>) {
		this.#options = options;
	}

	run(items: Item[]): Promise<Result[]> {
		if (items.length === 0) return Promise.resolve([]);
		return new Promise((resolve, reject) => {
			const call = { results: new Array<Result>(items.length), left: items.length, resolve, reject };
			for (let place = 0; place < items.length; place++) this.#queue.push({ item: items[place] as Item, place, call });
			this.#schedule();
		});
	}

	#schedule(): void {
		if (this.#scheduled || this.#underWay >= this.#options.inFlight) return;
		this.#scheduled = true;
		// Rather than a microtask: requests that one poll of the sockets brought in are joined too.
		nextTurn(() => {
			this.#scheduled = false;
			while (this.#queue.length > 0 && this.#underWay < this.#options.inFlight) void this.#flush(this.#next());
		});
	}

	/** A share of the queue: as many as fit into one flush, and at least one. */
	#next(): Waiting<Item, Result>[] {
		const { weigh, maxWeight, bytes, maxBytes, inFlight, split } = this.#options;
		const most = shareOf(this.#queue.length, split ? inFlight - this.#underWay : 1);
		let weight = 0;
		let size = 0;
		let count = 0;
		for (const { item } of this.#queue) {
			weight += weigh(item);
			size += bytes(item);
			if (count > 0 && (count === most || weight > maxWeight || size > maxBytes)) break;
			count++;
		}
		return this.#queue.splice(0, count);
	}

	async #flush(batch: Waiting<Item, Result>[]): Promise<void> {
		this.#underWay++;
		try {
			const results = await this.#options.flush(batch.map(({ item }) => item));
			await this.#answers.pass();
			for (let i = 0; i < batch.length; i++) answer(batch[i] as Waiting<Item, Result>, results[i] as Result);
		} catch (error) {
			for (const { call } of batch) call.reject(error);
		}
		this.#underWay--;
		if (this.#queue.length > 0) this.#schedule();
	}
}

function answer<Item, Result>({ place, call }: Waiting<Item, Result>, result: Result): void {
	call.results[place] = result;
	call.left--;
	if (call.left === 0) call.resolve(call.results);
}
