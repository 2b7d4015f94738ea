import { describe, MillraceError } from '../core/errors.ts';
import type { Job } from '../core/job.ts';
import { LIMITS } from '../core/limits.ts';
import type { UniqueAnswer } from '../core/unique.ts';
import type { Durability } from '../engine/engine.ts';
import { expectDone } from './actions.ts';
import { type CancelOptions, cancelJob, cancelledError } from './cancelling.ts';
import { type Duration, toMs } from './duration.ts';
import { type Explained, explainJob } from './explained.ts';
import type { PushOptions } from './push-options.ts';
import { parse } from './schema.ts';
import type { Store } from './store.ts';
import type { Topic, TopicLike } from './topic.ts';

/** `Client.push`. */
export type PushFunction = <I, D, R, O>(
	topic: TopicLike<I, D, R, O>,
	data: I,
	options?: PushOptions,
) => Promise<JobHandle<O>>;

/** What a push said of one job. */
export interface Pushed {
	id: string;
	created: boolean;
	unique?: UniqueAnswer | undefined;
	durability?: Durability;
}

/** A pushed job, and the way to its result. */
export class JobHandle<Result = unknown> {
	/** The new job, or the one that stands in its place (see `unique`). */
	readonly id: string;
	/** False when the push only repeated an earlier one under its key, or another job stands in its place. */
	readonly created: boolean;
	/**
	 * Of a push with a unique key: what happened (`free`, `kept`, `replaced`, `cancelled`, `queued`, `debounced`), who holds the key
	 * and in which state. undefined without a key, and for a push that was repeated.
	 */
	readonly unique: UniqueAnswer | undefined;
	/**
	 * What the push has reached: `memory` is lost with the store's process, `fsynced` is on disk, `replicated` (only where it was asked for) on
	 * another machine too. undefined for a job that was found by its id.
	 */
	readonly durability: Durability | undefined;
	readonly #topic: Topic<unknown, unknown, unknown, Result>;
	readonly #store: () => Promise<Store>;

	constructor(pushed: Pushed, topic: Topic<unknown, unknown, unknown, Result>, store: () => Promise<Store>) {
		this.id = pushed.id;
		this.created = pushed.created;
		this.unique = pushed.unique;
		this.durability = pushed.durability;
		this.#topic = topic;
		this.#store = store;
	}

	/** The job as it is now; null when the store has let it go. */
	async get(): Promise<Job | null> {
		const { engine } = await this.#store();
		const [job = null] = await engine.getJobs([this.id]);
		return job;
	}

	/**
	 * Waits for the job to complete and gives what its handler returned (null for nothing).
	 *
	 * @param options.timeout longest wait. Default 30 s.
	 * @throws TIMEOUT when it has not ended by then, JOB_DEAD or JOB_CANCELLED when it ended without a result, NOT_FOUND when the
	 * store has let it go (finished jobs are kept by count and age: a topic's `completed` setting)
	 */
	async result({ timeout = '30s' }: { timeout?: Duration } = {}): Promise<Result> {
		const until = performance.now() + toMs(timeout, 'timeout');
		const { results } = await this.#store();
		while (true) {
			const left = until - performance.now();
			const job = await results.wait(this.id, { waitMs: Math.max(0, Math.min(left, LIMITS.maxWaitMs)) });
			if (job === null) throw new MillraceError('NOT_FOUND', `Job ${this.id} is not in the store any more`);
			if (job.state === 'completed') return this.#resultOf(job);
			if (job.state === 'dead') throw deadError(job);
			if (job.state === 'cancelled') throw cancelledError(job);
			if (performance.now() >= until) {
				const message = `Job ${this.id} is still ${job.state} after ${describe(timeout)}`;
				throw new MillraceError('TIMEOUT', message);
			}
		}
	}

	/**
	 * Ends the job unless it has ended: it leaves its line at once, and a handler that is at work on it hears so by its signal. Who
	 * and why stand in its history. A job that is cancelled already stays as it is.
	 *
	 * @throws INVALID for texts that are too long, NOT_FOUND, WRONG_STATE for a completed or dead job
	 */
	async cancel(options: CancelOptions = {}): Promise<void> {
		await cancelJob(async () => (await this.#store()).engine, this.id, options);
	}

	/** Why the job does or does not run; null when the store has let it go. */
	async explain(): Promise<Explained | null> {
		return explainJob(await this.#store(), this.id);
	}

	/**
	 * Lets a delayed job run now.
	 * @throws NOT_FOUND, WRONG_STATE for one that is not delayed, or that is queued behind the holder of its unique key
	 */
	async promote(): Promise<void> {
		const { engine } = await this.#store();
		const [result] = await engine.promoteJobs([this.id]);
		expectDone(this.id, 'promoted', result);
	}

	/**
	 * Runs a dead or cancelled job again, its attempts counted afresh.
	 * @throws NOT_FOUND, WRONG_STATE for one that is neither, or whose unique key belongs to another job by now
	 */
	async retry(): Promise<void> {
		const { engine } = await this.#store();
		const [result] = await engine.retryJobs([this.id]);
		expectDone(this.id, 'retried', result);
	}

	#resultOf({ result }: Job): Promise<Result> {
		const value: unknown = result === null ? null : JSON.parse(result);
		// A handler that returned nothing stored nothing: the schema sees what it returned.
		return parse(this.#topic.output, result === null && this.#topic.output ? undefined : value, `result of ${this.id}`);
	}
}

function deadError({ id, reason, error, attempt }: Job): MillraceError {
	const why = error === null ? '' : `: ${error.slice(0, 500)}`;
	return new MillraceError('JOB_DEAD', `Job ${id} is dead (${reason}) after attempt ${attempt}${why}`);
}
