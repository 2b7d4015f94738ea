import { describe, MillraceError } from '../core/errors.ts';
import type { Job } from '../core/job.ts';
import { LIMITS } from '../core/limits.ts';
import { type Duration, toMs } from './duration.ts';
import type { PushOptions } from './jobs.ts';
import { parse } from './schema.ts';
import type { Store } from './store.ts';
import type { Topic, TopicLike } from './topic.ts';

/** `Client.push`. */
export type PushFunction = <I, D, R, O>(
	topic: TopicLike<I, D, R, O>,
	data: I,
	options?: PushOptions,
) => Promise<JobHandle<O>>;

/** A pushed job, and the way to its result. */
export class JobHandle<Result = unknown> {
	readonly id: string;
	/** False when the push only repeated an earlier one under its key. */
	readonly created: boolean;
	readonly #topic: Topic<unknown, unknown, unknown, Result>;
	readonly #store: () => Promise<Store>;

	constructor(
		pushed: { id: string; created: boolean },
		topic: Topic<unknown, unknown, unknown, Result>,
		store: () => Promise<Store>,
	) {
		this.id = pushed.id;
		this.created = pushed.created;
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
	 * @throws TIMEOUT when it has not ended by then, JOB_DEAD when it ended without a result, NOT_FOUND when the store
	 * has let it go (finished jobs are kept by count and age: a topic's `completed` setting)
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
			if (performance.now() >= until) {
				const message = `Job ${this.id} is still ${job.state} after ${describe(timeout)}`;
				throw new MillraceError('TIMEOUT', message);
			}
		}
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
