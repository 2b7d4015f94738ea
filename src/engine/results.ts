import type { Job } from '../core/job.ts';
import { LIMITS } from '../core/limits.ts';
import type { Engine, Wait } from './engine.ts';

/** How often the jobs that are waited for are looked at, in ms: the most that a result comes late. */
const POLL_MS = 100;

/** One caller that waits for the end of a job. */
interface Waiter {
	id: string;
	/** The job as last seen. */
	job: Job;
	/** Why the latest look failed; undefined once a look has worked again. */
	failure: unknown;
	leave: () => void;
	resolve: (job: Job | null) => void;
	reject: (error: unknown) => void;
}

/**
 * Waits for jobs to end, over an engine that can't.
 *
 *     read ── ended, unknown, no time ──► answered
 *      └──── runs still ──► waiting ── a look shows its end, deadline, signal, close ──► answered
 *
 * All jobs that are waited for are looked at together, in calls of up to `LIMITS.batch` ids, every 100 ms. When nobody waits there is
 * no timer.
 */
export class ResultWaiter {
	readonly #engine: Engine;
	readonly #waiters = new Set<Waiter>();
	#timer: ReturnType<typeof setTimeout> | undefined;
	#looking = false;
	#closed = false;

	constructor(engine: Engine) {
		this.#engine = engine;
	}

	/**
	 * The job as soon as it is completed, dead or cancelled; at `waitMs` (at most `LIMITS.maxWaitMs`), at `signal` or at `close` in whatever
	 * state it is. Null when the store does not know it, also when it has been let go since.
	 *
	 * @throws what the engine throws: at once when the first read fails, at the end of the wait when the latest one did
	 */
	async wait(id: string, { waitMs, signal }: Wait): Promise<Job | null> {
		const [job = null] = await this.#engine.getJobs([id]);
		if (job === null || hasEnded(job) || waitMs <= 0 || this.#closed || signal?.aborted) return job;
		return new Promise((resolve, reject) => {
			const end = () => this.#end(waiter);
			const timer = setTimeout(end, Math.min(waitMs, LIMITS.maxWaitMs));
			signal?.addEventListener('abort', end, { once: true });
			const leave = () => {
				clearTimeout(timer);
				signal?.removeEventListener('abort', end);
				this.#leave(waiter);
			};
			const waiter: Waiter = { id, job, failure: undefined, leave, resolve, reject };
			this.#waiters.add(waiter);
			this.#plan();
		});
	}

	/** Answers every wait now, and later ones without waiting. */
	close(): void {
		this.#closed = true;
		for (const waiter of this.#waiters) this.#end(waiter);
	}

	#leave(waiter: Waiter): void {
		this.#waiters.delete(waiter);
		if (this.#waiters.size > 0) return;
		clearTimeout(this.#timer);
		this.#timer = undefined;
	}

	/** The end of a wait that no look has ended. */
	#end(waiter: Waiter): void {
		waiter.leave();
		if (waiter.failure === undefined) waiter.resolve(waiter.job);
		else waiter.reject(waiter.failure);
	}

	#plan(): void {
		if (this.#timer !== undefined || this.#looking || this.#waiters.size === 0) return;
		this.#timer = setTimeout(() => void this.#look(), POLL_MS);
	}

	async #look(): Promise<void> {
		this.#timer = undefined;
		this.#looking = true;
		const ids = [...new Set([...this.#waiters].map(({ id }) => id))];
		for (let from = 0; from < ids.length; from += LIMITS.batch) await this.#read(ids.slice(from, from + LIMITS.batch));
		this.#looking = false;
		this.#plan();
	}

	async #read(ids: string[]): Promise<void> {
		const wanted = new Set(ids);
		const waiters = [...this.#waiters].filter(({ id }) => wanted.has(id));
		try {
			const jobs = await this.#engine.getJobs(ids);
			const found = new Map(ids.map((id, index) => [id, jobs[index] ?? null]));
			for (const waiter of waiters) this.#see(waiter, found.get(waiter.id) ?? null);
		} catch (error) {
			for (const waiter of waiters) waiter.failure = error;
		}
	}

	#see(waiter: Waiter, job: Job | null): void {
		waiter.failure = undefined;
		if (job !== null && !hasEnded(job)) {
			waiter.job = job;
			return;
		}
		waiter.leave();
		waiter.resolve(job);
	}
}

function hasEnded({ state }: Job): boolean {
	return state === 'completed' || state === 'dead' || state === 'cancelled';
}
