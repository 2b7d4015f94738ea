import { setTimeout as pause } from 'node:timers/promises';
import type { History } from './history.ts';
import type { Random } from './random.ts';
import type { Target } from './target.ts';

const TRY_MS = 4_000;
/** Most pushes are small; some bring many jobs at once. */
const SMALL = 5;
const LARGE = 50;
const LONGEST_REST_MS = 20;
/** More jobs than these would only be waited for in the end. */
const LONGEST_BACKLOG = 3_000;

/** Ends its worker, orderly or not, or keeps it busy for longer than its lease. */
export type Poison = 'exit' | 'abort' | 'spin';

export interface PusherOptions {
	random: Random;
	/** Of its idempotency keys: no other pusher of the topic has it. */
	name: string;
	/** The number of the next job. */
	next: () => number;
	/** What the next jobs do to whoever runs them. */
	poisons?: Poison[];
	/** What it asks for beyond what the store does for every push. */
	durability?: 'replicated';
}

/** Pushes batches until it is stopped. What is not answered is repeated under the same key, to whichever server. */
export class Pusher {
	readonly #target: Target;
	readonly #history: History;
	readonly #options: Required<Omit<PusherOptions, 'durability'>> & PusherOptions;
	#goesOn = true;
	#count = 0;

	constructor(target: Target, history: History, options: PusherOptions) {
		this.#target = target;
		this.#history = history;
		this.#options = { poisons: [], ...options };
	}

	stop(): void {
		this.#goesOn = false;
	}

	/** Ends when it is stopped and its last push has been answered. */
	async run(): Promise<void> {
		const { random, name, next } = this.#options;
		while (this.#goesOn) {
			const key = `${name}.${++this.#count}`;
			const ns = Array.from({ length: random.next() < 0.5 ? SMALL : LARGE }, next);
			this.#history.add({ e: 'push', at: Date.now(), key, ns });
			await this.#push(key, ns);
			await pause(random.between(0, LONGEST_REST_MS));
			while (this.#goesOn && this.#history.backlog > LONGEST_BACKLOG) await pause(20);
		}
	}

	async #push(key: string, ns: number[]): Promise<void> {
		const jobs = ns.map((n) => ({ data: this.#dataOf(n) }));
		const { durability } = this.#options;
		const body = JSON.stringify({ jobs, idempotencyKey: key, durability });
		while (true) {
			const { urls, topic } = this.#target;
			const answer = await post(`${this.#options.random.pick(urls)}/v1/topics/${topic}/jobs`, body);
			if ('jobs' in answer) {
				const ids = answer.jobs.map(({ id }) => id);
				return this.#history.add({ e: 'pushed', at: Date.now(), key, ids, durability: answer.durability });
			}
			this.#history.add({ e: 'unknown', at: Date.now(), key, why: answer.why });
			await pause(100);
		}
	}

	#dataOf(n: number): object {
		const poison = this.#options.poisons.shift();
		return poison === undefined ? { n } : { n, poison };
	}
}

type Answer = { jobs: { id: string }[]; durability: string } | { why: string };

async function post(url: string, body: string): Promise<Answer> {
	const headers = { 'content-type': 'application/json' };
	try {
		const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(TRY_MS) });
		if (response.ok) return (await response.json()) as Answer;
		const { code = response.status } = (await response.json()) as { code?: string };
		// A refusal of the request itself would be refused for ever.
		if (response.status >= 400 && response.status < 500 && response.status !== 429) throw new Refused(String(code));
		return { why: String(code) };
	} catch (error) {
		if (error instanceof Refused) throw error;
		return { why: error instanceof Error ? error.name : String(error) };
	}
}

class Refused extends Error {}
