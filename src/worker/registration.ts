import { type Duration, toTimerMs } from '../client/duration.ts';
import type { PushFunction } from '../client/job-handle.ts';
import { parse } from '../client/schema.ts';
import type { Topic } from '../client/topic.ts';
import { invalid } from '../core/errors.ts';
import type { TakenJob } from '../core/job.ts';
import { LIMITS } from '../core/limits.ts';
import type { Delivery } from './delivery.ts';
import { endingOfReturn, endingOfThrow, toStoredError } from './outcomes.ts';

/** A job as a handler sees it. */
export interface WorkJob<Data> extends Omit<TakenJob, 'data' | 'leaseExpiresAt'> {
	/** What the topic's input schema made of the payload. */
	data: Data;
}

/** What a handler may use besides its job. */
export interface JobContext {
	/**
	 * Fires when the run had better end. Its `reason` is a MillraceError, and its code says why: STALE_LEASE, the job is somebody else's;
	 * JOB_CANCELLED; TIMEOUT, of the handler or of the job; CLOSED, the grace of a shutdown is over. What the handler does then is dropped.
	 */
	signal: AbortSignal;
	/** Fencing number of this delivery, for the handler's own writes: a later delivery has a higher one. */
	token: number;
	/** 1-based number of this run. */
	attempt: number;
	/** Writes to the worker's log, with the job's id. */
	log: (message: string, details?: object) => void;
	/**
	 * Keeps how far the work is with the job, for whoever looks at it; renews the lease as well.
	 * @throws INVALID for what JSON can't hold, UNAVAILABLE; a lease that is lost only fires the signal
	 */
	progress: (value: unknown) => Promise<void>;
	/** Ends this run: again after `duration`, and no attempt is used. */
	snooze: (duration: Duration) => never;
	/** Ends this run and the job: it is dead. */
	kill: (reason: string) => never;
	/**
	 * Ends this run, since what it calls has asked for a pause: the job goes back without using an attempt, and its group gives no jobs
	 * for `duration`; the whole topic if it has none. A number is ms: `Retry-After: 30` is `'30s'`.
	 */
	rateLimited: (duration: Duration) => never;
	/**
	 * Pushes a child of this job: its `parent` is this job's id. A run that repeats makes no second one of the same data: its key is this job's id and the
	 * number of the push, unless `idempotencyKey` says otherwise.
	 */
	push: PushFunction;
}

export type Handler<Data, Returned> = (job: WorkJob<Data>, context: JobContext) => Promise<Returned> | Returned;

/** A job in a batch, with an outcome of its own. A job of which nothing is said completes when the handler returns. */
export interface BatchJob<Data, Returned> extends WorkJob<Data> {
	context: JobContext;
	/** This job is done. */
	done: (result: Returned) => void;
	/** This job failed, as if it had been thrown: an error, or Snooze, Kill, RetryAt, RateLimited. */
	fail: (error: unknown) => void;
}

export type BatchHandler<Data, Returned> = (jobs: BatchJob<Data, Returned>[]) => Promise<void> | void;

export interface HandlerOptions {
	/** Longest run. Then the signal fires, the attempt counts as failed and the slot is free. A job's own `timeout` holds as well. Default: none. */
	timeout?: Duration;
}

export interface BatchOptions extends HandlerOptions {
	/** Most jobs in one call of the handler, 1 to 1,000. Default 100. */
	size?: number;
	/** How long a job may wait for others to join its batch. Default 0: what has come together goes together. */
	maxWait?: Duration;
}

/** A topic and what to do with its jobs. Made by `handle` and `handleBatch`. */
export interface Registration {
	topic: string;
	size: number;
	maxWaitMs: number;
	/** null for no limit. */
	timeoutMs: number | null;
	/** Ends every delivery, whatever happens. Never throws. */
	run: (deliveries: Delivery[], contextOf: (delivery: Delivery) => JobContext) => Promise<void>;
}

/** True where a job may be in the worker's hands for a while before its handler is called. */
export function holdsJobs({ size, maxWaitMs }: Registration): boolean {
	return size > 1 && maxWaitMs > 0;
}

/** Why a job whose payload does not fit its topic's schema is dead. */
const INVALID_PAYLOAD = 'invalid_payload';

/** @returns the parsed data, or undefined when the delivery was ended because they do not fit; at once where there is no schema */
function dataOf<D>(
	topic: Topic<unknown, D, unknown, unknown>,
	delivery: Delivery,
): { data: D } | undefined | Promise<{ data: D } | undefined> {
	const { id, data } = delivery.job;
	try {
		const read: unknown = JSON.parse(data);
		if (topic.input === undefined) return { data: read as D };
		const parsed = parse<unknown, D>(topic.input, read, `data of ${id}`);
		return parsed.then(
			(fits) => ({ data: fits }),
			(error) => endUnfit(delivery, error),
		);
	} catch (error) {
		return endUnfit(delivery, error);
	}
}

function endUnfit(delivery: Delivery, error: unknown): undefined {
	delivery.end({ outcome: 'kill', reason: INVALID_PAYLOAD, error: toStoredError(error) });
}

function workJob<D>({ job }: Delivery, data: D): WorkJob<D> {
	const { id, topic, token, attempt, maxAttempts, priority, group, createdAt, timeoutMs } = job;
	const shown = { id, topic, token, data, attempt, maxAttempts, priority, group, createdAt };
	return timeoutMs === undefined ? shown : { ...shown, timeoutMs };
}

function timeoutOf({ timeout }: HandlerOptions): number | null {
	return timeout === undefined ? null : toTimerMs(timeout, 'timeout');
}

/** One call of `handler` for each job. */
export function handle<I, D, R, O>(
	topic: Topic<I, D, R, O>,
	handler: Handler<D, R>,
	options: HandlerOptions = {},
): Registration {
	const run: Registration['run'] = async ([delivery], contextOf) => {
		if (delivery === undefined) return;
		const reading = dataOf(topic as Topic<unknown, D, unknown, unknown>, delivery);
		const parsed = reading instanceof Promise ? await reading : reading;
		if (parsed === undefined) return;
		try {
			const returned = await handler(workJob(delivery, parsed.data), contextOf(delivery));
			if (topic.output !== undefined) await parse(topic.output, returned, `result of ${delivery.job.id}`);
			delivery.end(endingOfReturn(returned));
		} catch (thrown) {
			delivery.end(endingOfThrow(thrown, delivery.now()));
		}
	};
	return { topic: topic.name, size: 1, maxWaitMs: 0, timeoutMs: timeoutOf(options), run };
}

/** One call of `handler` for several jobs of the topic. */
export function handleBatch<I, D, R, O>(
	topic: Topic<I, D, R, O>,
	handler: BatchHandler<D, R>,
	options: BatchOptions = {},
): Registration {
	const { size = 100, maxWait = 0 } = options;
	if (!Number.isInteger(size) || size < 1 || size > LIMITS.batch) throw invalid('size', 'must be 1 to 1000', size);
	const run: Registration['run'] = async (deliveries, contextOf) => {
		const jobs: BatchJob<D, R>[] = [];
		for (const delivery of deliveries) {
			const parsed = await dataOf(topic as Topic<unknown, D, unknown, unknown>, delivery);
			if (parsed === undefined) continue;
			jobs.push({
				...workJob(delivery, parsed.data),
				context: contextOf(delivery),
				done: (result) => delivery.end(endingOfReturn(result)),
				fail: (error) => delivery.end(endingOfThrow(error, delivery.now())),
			});
		}
		try {
			if (jobs.length > 0) await handler(jobs);
			for (const delivery of deliveries) delivery.end({ outcome: 'complete' });
		} catch (thrown) {
			for (const delivery of deliveries) delivery.end(endingOfThrow(thrown, delivery.now()));
		}
	};
	return { topic: topic.name, size, maxWaitMs: toTimerMs(maxWait, 'maxWait'), timeoutMs: timeoutOf(options), run };
}
