import type { TakenJob } from '../core/job.ts';
import type { Engine, TakeRequest, Wait } from './engine.ts';
import { QuietTopics } from './quiet-topics.ts';
import { stand, type Waiter, wants } from './waiter.ts';

/** Whoever waits looks this often without a hint, as QuietTopics believes in silence. */
const POLL_MS = 120_000;

/**
 * Takes that wait for work: a long poll over an engine whose own take never waits.
 *
 * Waiters stand in one line, first come first served. A hint lets the first of them that wants the topic ask the engine;
 * when it got jobs the next one asks, until one finds nothing. So a push of one job to a topic with a thousand waiters
 * costs two takes and not a thousand.
 *
 * Where an engine gives hints, a take that comes when its topics are known to be quiet joins the line without asking: a
 * thousand callers whose waits are short, one after the other, cost no more than one.
 */
export class WaitingTakes {
	readonly #engine: Engine;
	readonly #line = new Set<Waiter>();
	readonly #quiet = new QuietTopics();
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
	 *
	 * @param isNew nothing can have been taken under the request's id so far. One that repeats an earlier take asks the
	 * engine however quiet its topics are: the engine may remember deliveries.
	 */
	async take(request: TakeRequest, wait: Wait, isNew = request.requestId === undefined): Promise<TakenJob[]> {
		if (wait.waitMs <= 0 || this.#closed) return this.#engine.take(request);
		if (wait.signal?.aborted) return [];
		if (this.#engine.supports.waiting) return this.#engine.take(request, wait);
		this.#listen();
		return new Promise((resolve, reject) => {
			const waiter = stand(this.#line, { request, isNew, resolve, reject }, wait);
			if (!this.#isInVain(waiter)) void this.#look(waiter);
		});
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

	/** Those who come meanwhile need not look as well; when there are jobs it is their turn. */
	async #look(waiter: Waiter): Promise<void> {
		const { request, isNew } = waiter;
		const isAwaited = isNew && this.#quiet.renew(request.topics);
		const found = await this.#ask(waiter);
		if (found && isAwaited) for (const topic of request.topics) void this.#serve(topic);
	}

	/** Its topics are quiet; the next hint at one of them lets it ask. */
	#isInVain({ request, isNew }: Waiter): boolean {
		return isNew && this.#quiet.has(request.topics);
	}

	/** True when the waiter got jobs. */
	async #ask(waiter: Waiter): Promise<boolean> {
		waiter.asking = true;
		try {
			let jobs: TakenJob[];
			do {
				waiter.hinted = false;
				const since = performance.now();
				jobs = await this.#engine.take(waiter.request);
				if (jobs.length === 0) this.#foundNothing(waiter, since);
				else for (const topic of waiter.request.topics) this.#quiet.forget(topic);
			} while (jobs.length === 0 && waiter.hinted && !waiter.done && !this.#closed);
			waiter.asking = false;
			if (jobs.length > 0 || waiter.done || this.#closed) waiter.finish(jobs);
			return jobs.length > 0;
		} catch (error) {
			waiter.asking = false;
			// What is in trouble may lose hints as well.
			this.#quiet.forget(null);
			waiter.fail(error);
			return false;
		}
	}

	/** A repeated take also finds nothing when its deliveries have ended, and a hint meanwhile is about what came later. */
	#foundNothing({ request, isNew, hinted }: Waiter, since: number): void {
		if (isNew && !hinted && this.#engine.supports.hints) this.#quiet.add(request.topics, since);
	}

	#hint(topic: string | null): void {
		this.#quiet.forget(topic);
		for (const waiter of this.#line) {
			if (waiter.asking && wants(waiter, topic)) waiter.hinted = true;
		}
		void this.#serve(topic);
	}

	async #serve(topic: string | null): Promise<void> {
		for (const waiter of this.#line) {
			if (waiter.asking || !wants(waiter, topic) || this.#isInVain(waiter)) continue;
			const found = await this.#ask(waiter);
			// Without a topic one waiter's empty hands say nothing about what the others want.
			if (!found && topic !== null) return;
		}
	}
}
