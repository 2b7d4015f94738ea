import type { Lane, Turn } from './lanes.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topic-entry.ts';

/** How many lanes are read at once, when those read first do not suffice. */
const CHUNK = 64;

const START: Turn = { rank: Number.MIN_SAFE_INTEGER, time: 0, name: '' };

/**
 * The lanes of a topic in the order of takes, while one call serves them: times only grow meanwhile, so a lane that has not been read stands
 * behind all that were read first.
 */
export class Turns {
	readonly #store: Store;
	readonly #topic: TopicEntry;
	/** The last is the next. */
	readonly #line: Lane[] = [];
	readonly #read = new Set<Lane>();
	#reach: Turn = START;
	#isComplete = false;
	#chunk: number;

	/** @param first - how many lanes are read at first */
	constructor(store: Store, topic: TopicEntry, first: number) {
		this.#store = store;
		this.#topic = topic;
		this.#chunk = first;
	}

	/** The next lane, taken out of the line. */
	next(): Lane | undefined {
		let next = this.#line.at(-1);
		while (!this.#isComplete && (next === undefined || inTurn(next, this.#reach) > 0)) {
			this.#readMore();
			next = this.#line.at(-1);
		}
		return this.#line.pop();
	}

	/** Puts a lane into the line, at its turn. */
	add(lane: Lane): void {
		this.#read.add(lane);
		let low = 0;
		let high = this.#line.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			const other = this.#line[middle];
			if (other !== undefined && inTurn(other, lane) > 0) low = middle + 1;
			else high = middle;
		}
		this.#line.splice(low, 0, lane);
	}

	/** How many lanes stand in line, as far as is known. */
	get length(): number {
		return this.#line.length;
	}

	has(lane: Lane): boolean {
		return this.#line.includes(lane);
	}

	#readMore(): void {
		const lanes = this.#store.lanes.inTurn(this.#topic, this.#reach, this.#chunk);
		const last = lanes.at(-1);
		this.#isComplete = last === undefined || lanes.length < this.#chunk;
		if (last !== undefined) this.#reach = { rank: last.rank, time: last.time, name: last.name };
		for (const lane of lanes) if (!this.#read.has(lane)) this.add(lane);
		this.#chunk = CHUNK;
	}
}

function inTurn(a: Turn, b: Turn): number {
	return a.rank - b.rank || a.time - b.time || byUtf8(a.name, b.name);
}

/** As SQLite compares texts. JavaScript compares UTF-16 units, which sets what lies above U+FFFF below U+E000. */
function byUtf8(a: string, b: string): number {
	if (a === b) return 0;
	const length = Math.min(a.length, b.length);
	for (let i = 0; i < length; i++) {
		const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
		if (x !== y) return rank(x) - rank(y);
	}
	return a.length - b.length;
}

function rank(unit: number): number {
	const isSurrogate = unit >= 0xd800 && unit <= 0xdfff;
	return isSurrogate ? unit + 0x10000 : unit;
}
