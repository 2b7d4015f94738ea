import type { Store } from '../client/store.ts';
import { isMillraceError } from '../core/errors.ts';
import type { TakenJob } from '../core/job.ts';
import { LIMITS } from '../core/limits.ts';
import { nextTurn } from '../core/next-turn.ts';
import { OneAtATime } from '../core/one-at-a-time.ts';
import type { Outcome, SettleResult, TakeRequest } from '../engine/engine.ts';
import { shareOf } from '../engine/share.ts';
import type { Settler } from './settler.ts';

export interface FeederOptions {
	store: Store;
	topics: string[];
	leaseMs: number;
	/** The worker's name. */
	name: string;
	/** The worker marks each job that it starts. */
	marks: boolean;
	settler: Settler;
	/** How many more jobs could be worked on now. */
	room: () => number;
	/** @param sentAt when they were asked for: their leases count from then */
	onJobs: (jobs: TakenJob[], sentAt: number) => void;
	onSettled: (outcome: Outcome, result: SettleResult) => void;
	/** Told once when calls begin to fail, not again before one has worked. */
	onTrouble: (error: unknown) => void;
}

/** Calls under way at once: while the answer of one is read the store works on the other. */
const EXCHANGES = 2;
/** Longest wait for work in one call, if the lease allows: an answer that late still leaves two thirds of the lease. */
const LONGEST_POLL_MS = 20_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Talks with the store for a worker: hands in outcomes and fetches jobs, in one call where there is both.
 *
 * - Outcomes to hand in, or room and no reason to think the topics empty: an *exchange* (settle, take, or both), two at once at most.
 * - Nothing to hand in, and the last take found nothing: one *poll* that waits for work, while exchanges only settle.
 * - After a failed call: a pause that grows to 2 s, or as long as the server asks for.
 */
export class Feeder {
	readonly #options: FeederOptions;
	readonly #stop = new AbortController();
	readonly #answers = new OneAtATime();
	#exchanges = 0;
	#reserved = 0;
	#polling = false;
	#foundNothing = false;
	#failures = 0;
	#pause: ReturnType<typeof setTimeout> | undefined;
	#scheduled = false;
	#turn = 0;
	#lastContact = performance.now();
	#onQuiet: (() => void) | null = null;

	constructor(options: FeederOptions) {
		this.#options = options;
	}

	/** Ms since the store last answered. */
	get sinceContactMs(): number {
		return Math.round(performance.now() - this.#lastContact);
	}

	/** Something changed: outcomes to hand in, or more room. What changes in one turn of the event loop goes in one call. */
	wake(): void {
		if (this.#scheduled) return;
		this.#scheduled = true;
		const pump = () => {
			this.#scheduled = false;
			this.#pump();
		};
		// What a handler has pushed leaves before its outcome, so that the take that goes with the outcome finds it: one job at a time, a round trip less (1,010 → 1,430
		// jobs/s). With a call under way it would keep the two of them in step (concurrency 100: 50,000 → 37,000 jobs/s).
		nextTurn(() => (this.#exchanges === 0 ? nextTurn(pump) : pump()));
	}

	/** No more jobs from now on; outcomes are still handed in, and a pause is cut short. */
	stopTaking(): void {
		this.#stop.abort();
		this.#endPause();
		this.wake();
	}

	/** Resolves when everything has been handed in and no call is under way. */
	quiet(): Promise<void> {
		return new Promise((resolve) => {
			this.#onQuiet = resolve;
			this.#checkQuiet();
		});
	}

	/** Gives up what could not be handed in. */
	close(): void {
		this.#stop.abort();
		clearTimeout(this.#pause);
	}

	#pump(): void {
		while (this.#exchanges < EXCHANGES && this.#pause === undefined) {
			const { settler, room } = this.#options;
			const share = (count: number) => Math.min(shareOf(count, EXCHANGES - this.#exchanges), LIMITS.batch);
			const outcomes = settler.next(share(settler.size));
			const taking = !this.#stop.signal.aborted && !this.#polling;
			const max = taking ? share(Math.max(0, room() - this.#reserved)) : 0;
			if (outcomes.length === 0 && max === 0) break;
			if (outcomes.length === 0 && this.#foundNothing) void this.#poll(max);
			else void this.#exchange(outcomes, max);
		}
		this.#checkQuiet();
	}

	async #exchange(outcomes: Outcome[], max: number): Promise<void> {
		const { settler, onSettled } = this.#options;
		this.#exchanges++;
		await this.#call(max, async () => {
			try {
				const filled = await this.#options.store.withDelays(outcomes);
				const sentAt = performance.now();
				const { settled, jobs } = await this.#settleAndTake(filled, max);
				await this.#answers.pass();
				for (const [i, outcome] of outcomes.entries()) onSettled(outcome, settled[i] ?? { status: 'missing' });
				return { jobs, sentAt };
			} catch (error) {
				settler.putBack(outcomes);
				throw error;
			}
		});
		this.#exchanges--;
		this.wake();
	}

	async #settleAndTake(outcomes: Outcome[], max: number): Promise<{ settled: SettleResult[]; jobs: TakenJob[] }> {
		const { engine } = this.#options.store;
		if (max === 0) return { settled: await engine.settle(outcomes), jobs: [] };
		if (outcomes.length === 0) return { settled: [], jobs: await engine.take(this.#request(max)) };
		return engine.settleAndTake(outcomes, this.#request(max));
	}

	async #poll(max: number): Promise<void> {
		this.#polling = true;
		const waitMs = Math.min(LONGEST_POLL_MS, Math.floor(this.#options.leaseMs / 3));
		await this.#call(max, async () => {
			const sentAt = performance.now();
			const wait = { waitMs, signal: this.#stop.signal };
			return { jobs: await this.#options.store.takes.take(this.#request(max), wait), sentAt };
		});
		this.#polling = false;
		this.wake();
	}

	/** Makes a call that may bring jobs; `max` slots are spoken for meanwhile. */
	async #call(max: number, call: () => Promise<{ jobs: TakenJob[]; sentAt: number }>): Promise<void> {
		this.#reserved += max;
		try {
			const { jobs, sentAt } = await call();
			this.#lastContact = performance.now();
			this.#failures = 0;
			if (max > 0) this.#foundNothing = jobs.length === 0;
			if (jobs.length > 0) this.#options.onJobs(jobs, sentAt);
		} catch (error) {
			this.#fail(error);
		} finally {
			this.#reserved -= max;
		}
	}

	/** Topics take turns at the front, so that a busy one does not keep the others from being asked. */
	#request(max: number): TakeRequest {
		const { topics, leaseMs, name, marks } = this.#options;
		const first = this.#turn++ % topics.length;
		const inTurn = [...topics.slice(first), ...topics.slice(0, first)];
		return { topics: inTurn, max, leaseMs, worker: name, ...(marks ? { marks } : {}) };
	}

	#fail(error: unknown): void {
		if (this.#failures === 0) this.#options.onTrouble(error);
		this.#failures++;
		const grown = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failures - 1));
		const asked = isMillraceError(error) ? error.retryAfterMs : undefined;
		clearTimeout(this.#pause);
		this.#pause = setTimeout(() => this.#endPause(), asked ?? grown * (0.5 + Math.random() / 2));
	}

	#endPause(): void {
		clearTimeout(this.#pause);
		this.#pause = undefined;
		this.wake();
	}

	#checkQuiet(): void {
		if (this.#onQuiet === null || this.#exchanges > 0 || this.#polling || this.#options.settler.size > 0) return;
		this.#onQuiet();
	}
}
