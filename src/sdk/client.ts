import { Bulk } from '../client/bulk.ts';
import { type CancelOptions, cancelJob, cancelJobs } from '../client/cancelling.ts';
import { type Explained, explainJob } from '../client/explained.ts';
import { GroupHandle } from '../client/group-handle.ts';
import { JobHandle, type PushFunction } from '../client/job-handle.ts';
import { fingerprintOf, jobMaker } from '../client/jobs.ts';
import { type PauseOptions, pauseEnd } from '../client/pause.ts';
import type { PushOptions } from '../client/push-options.ts';
import { pushedJobs } from '../client/pushed.ts';
import { parse } from '../client/schema.ts';
import { openStore, type Store, type StoreOptions } from '../client/store.ts';
import { asTopic, type TopicLike } from '../client/topic.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { invalid, MillraceError } from '../core/errors.ts';
import { checkId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import type { AuditPage, PageQuery } from '../core/operation.ts';
import { check, integer } from '../core/rules.ts';
import type { SettingsPatch, TopicSettings } from '../core/settings.ts';
import type { ActionResult, Engine, PushBatch, Topic as TopicView } from '../engine/engine.ts';
import type { WorkerOptions } from '../worker/options.ts';
import {
	type BatchHandler,
	type BatchOptions,
	type Handler,
	type HandlerOptions,
	handle,
	handleBatch,
	type Registration,
} from '../worker/registration.ts';
import { Worker } from '../worker/worker.ts';

export interface ConnectOptions extends StoreOptions {
	/** Closes the client, its workers first, on SIGTERM and SIGINT. Default false. */
	closeOnSignal?: boolean;
}

/**
 * A client of the store at `url`: `http://host:7420`, `redis://…`, `sqlite:./jobs.db` or `memory:`. The store is opened by
 * the first call that needs it, or by `ready()`.
 */
export function connect(url: string | Engine, options: ConnectOptions = {}): Client {
	return new Client(url, options);
}

type AnyTopic = TopicLike<unknown, unknown, unknown, unknown>;

export class Client {
	/** Retries, cancels, deletes or moves many jobs at once. */
	readonly bulk = new Bulk(() => this.#open());
	readonly #url: string | Engine;
	readonly #options: ConnectOptions;
	readonly #clock: Clock;
	readonly #workers = new Set<Worker>();
	#store: Promise<Store> | null = null;
	#closed: Promise<void> | null = null;
	readonly #onSignal = () => void this.close();
	/** One function for all handles. */
	readonly #opening = () => this.#open();

	constructor(url: string | Engine, options: ConnectOptions, clock: Clock = systemClock) {
		this.#url = url;
		this.#options = options;
		this.#clock = clock;
		if (options.closeOnSignal)
			for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, this.#onSignal);
	}

	/** @throws INVALID, UNAVAILABLE or STORE_REFUSED when the store can't be opened; a later call tries again */
	async ready(): Promise<void> {
		await this.#open();
	}

	/**
	 * Stores one job.
	 * @throws INVALID for data or options that are not right, before anything is sent; UNAVAILABLE, AMBIGUOUS, STORE_FULL, TOPIC_FULL
	 */
	async push<I, D, R, O>(topic: TopicLike<I, D, R, O>, data: I, options: PushOptions = {}): Promise<JobHandle<O>> {
		const [handle] = await this.pushMany(topic, [data], options);
		if (handle === undefined) throw invalid('data', 'must be one job', data);
		return handle;
	}

	/** Stores many jobs of one topic with the same options, all or none. At most 1,000. */
	async pushMany<I, D, R, O>(
		topic: TopicLike<I, D, R, O>,
		data: I[],
		options: PushOptions = {},
	): Promise<JobHandle<O>[]> {
		const definition = asTopic(topic);
		if (data.length < 1 || data.length > LIMITS.batch) {
			throw invalid('data', `must be 1 to ${LIMITS.batch} jobs`, `${data.length} jobs`);
		}
		if (definition.input !== undefined) {
			for (const one of data) await parse(definition.input, one, `data of ${definition.name}`);
		}
		const store = await this.#open();
		const maxAttempts = await store.maxAttempts(definition.name);
		const jobs = data.map(jobMaker(options, { maxAttempts }));
		const batch: PushBatch = { topic: definition.name, jobs };
		if (options.idempotencyKey !== undefined) {
			batch.idempotency = { key: options.idempotencyKey, fingerprint: await fingerprintOf(definition.name, jobs) };
		}
		if (options.durability !== undefined) batch.durability = options.durability;
		const [result] = await store.engine.push([batch]);
		const about = { topic: definition.name, key: options.idempotencyKey, usual: store.engine.durability };
		return pushedJobs(result, about).map((pushed) => new JobHandle(pushed, definition, this.#opening));
	}

	/** Runs `handler` for the topic's jobs, up to `concurrency` at once. */
	work<I, D, R, O>(
		topic: TopicLike<I, D, R, O>,
		handler: Handler<D, R>,
		options: WorkerOptions & HandlerOptions = {},
	): Worker {
		const { timeout, ...rest } = options;
		return this.workAll([handle(asTopic(topic), handler, timeout === undefined ? {} : { timeout })], rest);
	}

	/** Runs `handler` for up to `size` of the topic's jobs at once. */
	workBatch<I, D, R, O>(
		topic: TopicLike<I, D, R, O>,
		handler: BatchHandler<D, R>,
		options: WorkerOptions & BatchOptions = {},
	): Worker {
		const { timeout, size, maxWait, ...rest } = options;
		const own = { timeout, size, maxWait };
		const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
		return this.workAll([handleBatch(asTopic(topic), handler, given)], rest);
	}

	/** One worker for many topics, made with `handle` and `handleBatch`. They share its concurrency. */
	workAll(registrations: Registration[], options: WorkerOptions = {}): Worker {
		const push: PushFunction = (topic, data, pushOptions) => this.push(topic, data, pushOptions);
		const ports = { storeUrl: this.#url, storeKey: this.#options.key };
		const worker = new Worker(() => this.#open(), registrations, { push, ...ports, ...options });
		this.#workers.add(worker);
		worker.closed.finally(() => this.#workers.delete(worker));
		return worker;
	}

	/**
	 * A job by its id, for its result or its state.
	 * @throws INVALID for what can be no id
	 */
	job<I, D, R, O>(topic: TopicLike<I, D, R, O>, id: string): JobHandle<O> {
		checkId(id);
		return new JobHandle({ id, created: false }, asTopic(topic), () => this.#open());
	}

	/** Counts, settings and state of a topic; null for one that was never pushed to or configured. */
	async topic(topic: AnyTopic): Promise<TopicView | null> {
		const engine = await this.#engine();
		const [view = null] = await engine.getTopics([asTopic(topic).name]);
		return view;
	}

	/**
	 * Changes a topic's settings: a value sets, null removes, an absent field stays.
	 * @throws INVALID for settings out of range
	 */
	async configure(topic: AnyTopic, patch: SettingsPatch): Promise<TopicSettings> {
		// Settings are rarely changed, and only their check needs the schema library.
		const { checkSettings } = await import('../client/settings.ts');
		const checked = checkSettings(patch);
		const store = await this.#open();
		const { name } = asTopic(topic);
		const settings = await store.engine.putTopic(name, checked);
		store.configured(name, settings);
		return settings;
	}

	/** A paused topic gives no jobs until the pause ends, by `resume` or by itself; pushes go on. */
	async pause(topic: AnyTopic, options: PauseOptions = {}): Promise<void> {
		const { engine, clock } = await this.#open();
		await engine.pauseTopic(asTopic(topic).name, true, pauseEnd(options, clock()));
	}

	/** Ends a pause, and a time for which a worker has parked the topic (`RateLimited` without a group). */
	async resume(topic: AnyTopic): Promise<void> {
		await (await this.#engine()).pauseTopic(asTopic(topic).name, false);
	}

	/**
	 * One group of a topic.
	 * @throws INVALID for what can be no group's name
	 */
	group(topic: AnyTopic, name: string): GroupHandle {
		return new GroupHandle(asTopic(topic).name, name, () => this.#open());
	}

	/**
	 * `JobHandle.cancel`, by the job's id.
	 * @throws INVALID, NOT_FOUND, WRONG_STATE for a completed or dead job
	 */
	async cancel(id: string, options: CancelOptions = {}): Promise<void> {
		await cancelJob(() => this.#engine(), id, options);
	}

	/**
	 * Cancels up to 1,000 jobs and says what became of each: for one that is missing or has ended that is no error.
	 * @throws INVALID
	 */
	async cancelMany(ids: string[], options: CancelOptions = {}): Promise<ActionResult[]> {
		return cancelJobs(() => this.#engine(), ids, options);
	}

	/**
	 * Why a job does or does not run; null for one that the store does not hold.
	 * @throws INVALID for what can be no id
	 */
	async explain(id: string): Promise<Explained | null> {
		checkId(id);
		return explainJob(await this.#open(), id);
	}

	/**
	 * What operators have done, the latest first: one page of the audit log.
	 *
	 * @param query.limit 1 to 1,000. Default 100
	 * @param query.cursor the `nextCursor` of the page before
	 * @throws INVALID
	 */
	async audit({ limit = 100, cursor = null }: Partial<PageQuery> = {}): Promise<AuditPage> {
		check('limit', limit, integer(1, LIMITS.pageSize));
		return (await this.#open()).operations.audit({ limit, cursor });
	}

	/** Closes the workers, each with its own grace, so that handlers can still push; then lets go of the store. Never throws. */
	close(): Promise<void> {
		this.#closed ??= this.#close();
		return this.#closed;
	}

	async #close(): Promise<void> {
		for (const signal of ['SIGTERM', 'SIGINT'] as const) globalThis.process?.removeListener(signal, this.#onSignal);
		await Promise.all([...this.#workers].map((worker) => worker.close()));
		const store = await this.#store?.catch(() => null);
		await store?.close();
	}

	async #engine(): Promise<Engine> {
		return (await this.#open()).engine;
	}

	#open(): Promise<Store> {
		if (this.#store === null) {
			// Opened now, nobody would close it.
			if (this.#closed !== null) return Promise.reject(new MillraceError('CLOSED', 'The client is closed'));
			const opening = openStore(this.#url, this.#options, this.#clock);
			this.#store = opening;
			opening.catch(() => {
				if (this.#store === opening) this.#store = null;
			});
		}
		return this.#store;
	}
}
