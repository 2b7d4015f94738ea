import type { TakenJob } from '../core/job.ts';
import type { Engine, TakeRequest, Wait } from './engine.ts';

/** A hint can be lost: whoever waits looks this often without one. */
const POLL_MS = 30_000;

/** One take in line. While it asks the engine it is `asking`; a hint that comes meanwhile makes it ask once more. */
interface Waiter {
	request: TakeRequest;
	asking: boolean;
	hinted: boolean;
	done: boolean;
	finish: (jobs: TakenJob[]) => void;
	fail: (error: unknown) => void;
}

/**
 * Takes that wait for work: a long poll over an engine whose own take never waits.
 *
 * Waiters stand in one line, first come first served. A hint lets the first of them that wants the topic ask the engine;
 * when it got jobs the next one asks, until one finds nothing. So a push of one job to a topic with a thousand waiters
 * costs two takes and not a thousand.
 */
export class WaitingTakes {
	readonly #engine: Engine;
	readonly #line = new Set<Waiter>();
	#unsubscribe: (() => void) | null = null;
	#poll: NodeJS.Timeout | undefined;
	#closed = false;

	constructor(engine: Engine) {
		this.#engine = engine;
	}

	/**
	 * Like `engine.take`, but waits up to `waitMs` for the first job. Resolves with [] when the time is over, when
	 * `signal` fires or when this object is closed. A take that was under way when the signal fired may still have got
	 * jobs: they are returned, and whoever can't use them must release them.
	 */
	async take(request: TakeRequest, wait: Wait): Promise<TakenJob[]> {
		const { waitMs, signal } = wait;
		if (waitMs <= 0 || this.#closed) return this.#engine.take(request);
		if (this.#engine.supports.waiting) return this.#engine.take(request, wait);
		this.#listen();
		return new Promise((resolve, reject) => this.#join(request, waitMs, signal, resolve, reject));
	}

	/** Answers every take that waits now with [], and later ones without waiting. */
	close(): void {
		this.#closed = true;
		this.#unsubscribe?.();
		clearInterval(this.#poll);
		for (const waiter of this.#line) if (!waiter.asking) waiter.finish([]);
	}

	#listen(): void {
		if (this.#unsubscribe !== null) return;
		this.#unsubscribe = this.#engine.onWork(({ topic, inMs }) => {
			if (inMs === 0) this.#hint(topic);
		});
		this.#poll = setInterval(() => this.#hint(null), POLL_MS);
		this.#poll.unref();
	}

	#join(
		request: TakeRequest,
		waitMs: number,
		signal: AbortSignal | undefined,
		resolve: (jobs: TakenJob[]) => void,
		reject: (error: unknown) => void,
	): void {
		const end = () => {
			// A take that is under way is waited for: its jobs belong to this waiter.
			if (!waiter.asking) waiter.finish([]);
			else waiter.done = true;
		};
		const timer = setTimeout(end, waitMs);
		const leave = () => {
			waiter.done = true;
			clearTimeout(timer);
			signal?.removeEventListener('abort', end);
			this.#line.delete(waiter);
		};
		const waiter: Waiter = {
			request,
			asking: false,
			hinted: false,
			done: false,
			finish: (jobs) => {
				leave();
				resolve(jobs);
			},
			fail: (error) => {
				leave();
				reject(error);
			},
		};
		signal?.addEventListener('abort', end, { once: true });
		this.#line.add(waiter);
		void this.#ask(waiter);
	}

	/** True when the waiter got jobs. */
	async #ask(waiter: Waiter): Promise<boolean> {
		waiter.asking = true;
		try {
			let jobs: TakenJob[];
			do {
				waiter.hinted = false;
				jobs = await this.#engine.take(waiter.request);
			} while (jobs.length === 0 && waiter.hinted && !waiter.done && !this.#closed);
			waiter.asking = false;
			if (jobs.length > 0 || waiter.done || this.#closed) waiter.finish(jobs);
			return jobs.length > 0;
		} catch (error) {
			waiter.asking = false;
			waiter.fail(error);
			return false;
		}
	}

	#hint(topic: string | null): void {
		for (const waiter of this.#line) {
			if (waiter.asking && wants(waiter, topic)) waiter.hinted = true;
		}
		void this.#serve(topic);
	}

	async #serve(topic: string | null): Promise<void> {
		for (const waiter of this.#line) {
			if (waiter.asking || !wants(waiter, topic)) continue;
			const found = await this.#ask(waiter);
			// Without a topic one waiter's empty hands say nothing about what the others want.
			if (!found && topic !== null) return;
		}
	}
}

function wants(waiter: Waiter, topic: string | null): boolean {
	return topic === null || waiter.request.topics.includes(topic);
}
