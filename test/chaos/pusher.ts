import { setTimeout as pause } from 'node:timers/promises';
import type { History } from './history.ts';
import type { Random } from './random.ts';
import { type System, TOPIC } from './system.ts';

const JOBS_PER_PUSH = 5;
const TRY_MS = 4_000;
/** More than this would only be waited for in the end. */
const LONGEST_BACKLOG = 2_000;

/** Pushes batches until it is stopped. What is not answered is repeated under the same key, to whichever server. */
export class Pusher {
	readonly #system: System;
	readonly #history: History;
	readonly #random: Random;
	readonly #name: string;
	#goesOn = true;
	#count = 0;

	constructor(system: System, history: History, { random, name }: { random: Random; name: string }) {
		this.#system = system;
		this.#history = history;
		this.#random = random;
		this.#name = name;
	}

	stop(): void {
		this.#goesOn = false;
	}

	/** Ends when it is stopped and its last push has been answered. */
	async run(numbers: () => number): Promise<void> {
		while (this.#goesOn) {
			const key = `${this.#name}.${++this.#count}`;
			const ns = Array.from({ length: JOBS_PER_PUSH }, numbers);
			this.#history.add({ e: 'push', at: Date.now(), key, ns });
			await this.#push(key, ns);
			await pause(this.#random.between(0, 20));
			while (this.#goesOn && this.#history.backlog > LONGEST_BACKLOG) await pause(50);
		}
	}

	async #push(key: string, ns: number[]): Promise<void> {
		const jobs = ns.map((n) => ({ data: this.#dataOf(n) }));
		const asked = this.#system.group === null ? {} : { durability: 'replicated' };
		const body = JSON.stringify({ jobs, idempotencyKey: key, ...asked });
		while (true) {
			const url = `${this.#random.pick(this.#system.urls)}/v1/topics/${TOPIC}/jobs`;
			const answer = await post(url, body);
			if ('jobs' in answer) {
				const ids = answer.jobs.map(({ id }) => id);
				return this.#history.add({ e: 'pushed', at: Date.now(), key, ids, durability: answer.durability });
			}
			this.#history.add({ e: 'unknown', at: Date.now(), key, why: answer.why });
			await pause(100);
		}
	}

	#dataOf(n: number): object {
		const poison = this.#system.poisons.shift();
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
