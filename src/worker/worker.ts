import { type Duration, toMs, toTimerMs } from '../client/duration.ts';
import type { PushFunction } from '../client/job-handle.ts';
import type { Store } from '../client/store.ts';
import { invalid } from '../core/errors.ts';
import type { TakenJob } from '../core/job.ts';
import type { Engine, Lease, Outcome, SettleResult } from '../engine/engine.ts';
import { Collector } from './collector.ts';
import { contextOf } from './context.ts';
import { Delivery } from './delivery.ts';
import { Feeder } from './feeder.ts';
import { keepLeases, type LeaseKeeper } from './lease-keeper.ts';
import { concurrencyOf, leaseOf, nameOf, SILENT, type WorkerLog, type WorkerOptions } from './options.ts';
import { type Ending, endingOfTimeout, RELEASE } from './outcomes.ts';
import { cancelledJob, handlerTimeout, lostLease, outOfTime, shutDown } from './reasons.ts';
import { holdsJobs, type JobContext, type Registration } from './registration.ts';
import { Settler } from './settler.ts';

/** What the client adds. */
interface WorkerPorts {
	push: PushFunction;
	storeUrl: string | Engine;
	storeKey?: string | undefined;
}

export interface WorkerHealth {
	state: WorkerState;
	/** Jobs that are being worked on. */
	running: number;
	/** Age of the last answer of the store, in ms. A worker that waits for work is answered every few seconds. */
	sinceContactMs: number;
}

type WorkerState = 'starting' | 'running' | 'draining' | 'closed';

/** How long `close` tries to hand in the last outcomes: with a busy machine on top it still ends within grace + 1 s. */
const FLUSH_MS = 500;
/** How long it waits to try again when the store can't be opened. */
const REOPEN_MS = 500;
/** The store counts a job's time from when it gave it, which is earlier than when it came here: by less than so much. */
const LATENCY_MS = 250;

/**
 * Works on jobs of one or more topics.
 *
 *     starting ──(store open)──► running ── close() ──► draining ──(all done, or grace over: the rest released)──► closed
 */
export class Worker {
	/** Resolves when the worker has closed. */
	readonly closed: Promise<void>;
	/** By which the store knows it. */
	readonly name: string;
	readonly #options: WorkerOptions & WorkerPorts;
	readonly #concurrency: number;
	readonly #leaseMs: number;
	readonly #graceMs: number;
	readonly #maxBlockMs: number;
	readonly #log: WorkerLog;
	readonly #collectors = new Map<string, Collector>();
	readonly #registrations = new Map<string, Registration>();
	/**
	 * One registration may hold jobs back before it starts them, and those must not be charged for the end of a worker that had not
	 * begun with them: so each job is marked when it is started. A take brings jobs of all topics, and its marks hold for all of them; so
	 * the jobs of the other registrations are marked as well, and each mark is awaited before its handler is called. Else a job
	 * that kills the process would go back unharmed, and kill the next one, for ever. A worker that holds nothing back starts its jobs
	 * as they come and saves the round trip.
	 */
	readonly #marks: boolean;
	/** When the job's own `timeout` is over, on the monotonic clock; Infinity for none. */
	readonly #deliveries = new Map<Delivery, number>();
	readonly #settler = new Settler();
	// One of each for all deliveries.
	readonly #onOver = (delivery: Delivery, ending: Ending | null) => this.#over(delivery, ending);
	readonly #contextOf: (delivery: Delivery) => JobContext;
	#state: WorkerState = 'starting';
	#store: Store | null = null;
	#feeder: Feeder | null = null;
	#keeper: LeaseKeeper | null = null;
	#unsubscribe: () => void = () => {};
	#closing: Promise<void> | null = null;
	#onDrained: (() => void) | null = null;
	#markClosed: () => void = () => {};

	/** @throws INVALID for options out of range, or two handlers of one topic */
	constructor(store: () => Promise<Store>, registrations: Registration[], options: WorkerOptions & WorkerPorts) {
		this.#options = options;
		this.name = nameOf(options);
		this.#concurrency = concurrencyOf(options);
		this.#leaseMs = leaseOf(options);
		this.#graceMs = toTimerMs(options.grace ?? '10s', 'grace');
		this.#maxBlockMs = toMs(options.maxBlock ?? '60s', 'maxBlock');
		this.#log = options.log ?? SILENT;
		const ports = { push: options.push, log: this.#log, extend: (lease: Lease) => this.#extend([lease]) };
		this.#contextOf = (delivery) => contextOf(delivery, ports);
		this.closed = new Promise((resolve) => {
			this.#markClosed = resolve;
		});
		if (registrations.length === 0) throw invalid('registrations', 'must name at least one topic', registrations);
		for (const registration of registrations) this.#register(registration);
		this.#marks = registrations.some(holdsJobs);
		void this.#start(store);
	}

	health(): WorkerHealth {
		const sinceContactMs = this.#feeder?.sinceContactMs ?? Number.POSITIVE_INFINITY;
		return { state: this.#state, running: this.#deliveries.size, sinceContactMs };
	}

	/**
	 * Takes no more jobs, lets handlers finish for `grace`, then fires the signals of those that have not and releases their jobs,
	 * which uses no attempt. Always resolves: at once when idle, else within grace + 1 s, also while the store is away.
	 */
	close({ grace }: { grace?: Duration } = {}): Promise<void> {
		this.#closing ??= this.#close(grace === undefined ? this.#graceMs : toTimerMs(grace, 'grace'));
		return this.#closing;
	}

	#register(registration: Registration): void {
		const { topic } = registration;
		if (this.#registrations.has(topic)) throw invalid('topic', 'must have one handler in a worker', topic);
		this.#registrations.set(topic, registration);
		const run = (deliveries: Delivery[]) => {
			if (this.#marks) void this.#markAndRun(registration, deliveries);
			else this.#run(registration, deliveries);
		};
		this.#collectors.set(topic, new Collector(registration, run));
	}

	async #start(open: () => Promise<Store>): Promise<void> {
		const store = await this.#openUntilClosed(open);
		if (store === null || this.#state !== 'starting') return;
		this.#store = store;
		const { storeUrl, storeKey } = this.#options;
		this.#keeper = keepLeases({
			store,
			url: typeof storeUrl === 'string' ? storeUrl : null,
			key: storeKey,
			leaseMs: this.#leaseMs,
			maxBlockMs: this.#maxBlockMs,
			onLost: (lease, cancelled) => this.#lose(lease, cancelled),
		});
		this.#unsubscribe = store.engine.onCancel((ids) => void this.#lookAfter(ids));
		this.#feeder = new Feeder({
			store,
			topics: [...this.#registrations.keys()],
			leaseMs: this.#leaseMs,
			name: this.name,
			marks: this.#marks,
			settler: this.#settler,
			room: () => this.#concurrency - this.#deliveries.size,
			onJobs: (jobs, sentAt) => this.#begin(jobs, sentAt),
			onSettled: (outcome, result) => this.#settled(outcome, result),
			onTrouble: (error) => this.#trouble(error),
		});
		this.#state = 'running';
		this.#feeder.wake();
	}

	async #openUntilClosed(open: () => Promise<Store>): Promise<Store | null> {
		for (let told = false; this.#state === 'starting'; told = true) {
			try {
				return await open();
			} catch (error) {
				if (!told) this.#trouble(error);
				await new Promise((resolve) => setTimeout(resolve, REOPEN_MS));
			}
		}
		return null;
	}

	#begin(jobs: TakenJob[], sentAt: number): void {
		const byTopic = new Map<string, Delivery[]>();
		for (const job of jobs) {
			const delivery = this.#receive(job, sentAt);
			if (delivery.isOver) continue;
			const others = byTopic.get(job.topic);
			if (others === undefined) byTopic.set(job.topic, [delivery]);
			else others.push(delivery);
		}
		for (const [topic, deliveries] of byTopic) this.#collectors.get(topic)?.add(deliveries);
	}

	#receive(job: TakenJob, sentAt: number): Delivery {
		const now = performance.now();
		const leftMs = this.#leaseMs - (now - sentAt);
		// Counted from now and not from the request, which may have waited for longer than the job may run.
		const { timeoutMs = Number.POSITIVE_INFINITY } = job;
		const delivery = new Delivery(job, this.#onOver);
		this.#deliveries.set(delivery, now + timeoutMs);
		this.#keeper?.hold(job.id, job.token, Math.min(leftMs, timeoutMs));
		// What comes after close() has begun goes back untouched, and what this loop was too busy to receive within its
		// lease: another worker may have it by now, and if none has it nothing is charged.
		if (this.#state !== 'running' || leftMs <= 0) delivery.end(RELEASE);
		else if (job.timeoutMs !== undefined) delivery.after(job.timeoutMs, () => this.#timeUp(delivery));
		return delivery;
	}

	async #markAndRun(registration: Registration, deliveries: Delivery[]): Promise<void> {
		await this.#mark(deliveries);
		const begun = deliveries.filter((delivery) => !delivery.isOver);
		if (begun.length > 0) this.#run(registration, begun);
	}

	#run({ timeoutMs, run }: Registration, deliveries: Delivery[]): void {
		if (timeoutMs !== null) {
			for (const delivery of deliveries) delivery.after(timeoutMs, () => this.#timeOut(delivery, timeoutMs));
		}
		void run(deliveries, this.#contextOf);
	}

	/** Ends the deliveries that must not be started. */
	async #mark(deliveries: Delivery[]): Promise<void> {
		try {
			await this.#extend(deliveries.map(({ lease }) => ({ ...lease, started: true })));
		} catch {
			// Without the mark a start would not be charged. Given back, the jobs have lost nothing.
			for (const delivery of deliveries) delivery.end(RELEASE);
		}
	}

	/** Extends leases, and lets go of those that the store refuses. */
	async #extend(leases: Lease[]): Promise<void> {
		const results = (await this.#store?.engine.extend(leases, this.#leaseMs)) ?? [];
		for (const [i, lease] of leases.entries()) {
			const status = results[i]?.status;
			if (status !== 'ok') this.#lose(lease, status === 'cancelled');
		}
	}

	/** Jobs of these ids are said to be cancelled. A hint may be old, and the job may have been taken again since: the store is asked. */
	async #lookAfter(ids: string[]): Promise<void> {
		const named = new Set(ids);
		const leases = [...this.#deliveries.keys()].map(({ lease }) => lease).filter(({ id }) => named.has(id));
		// What cannot be asked now is found by the next renewal.
		if (leases.length > 0) await this.#extend(leases).catch(() => {});
	}

	#timeOut(delivery: Delivery, timeoutMs: number): void {
		const error = handlerTimeout(timeoutMs);
		delivery.end(endingOfTimeout(delivery.job, error), error);
	}

	#over(delivery: Delivery, ending: Ending | null): void {
		this.#deliveries.delete(delivery);
		if (ending !== null) this.#settler.add(delivery, ending);
		this.#feeder?.wake();
		if (this.#deliveries.size === 0) this.#onDrained?.();
	}

	#settled({ id, token }: Outcome, { status }: SettleResult): void {
		this.#keeper?.drop(id, token);
		if (status === 'cancelled') this.#log.info('an outcome was dropped: its job had been cancelled', { id, token });
		else if (status !== 'ok')
			this.#log.warn('the store refused an outcome: the delivery had ended before', { id, token, status });
	}

	/** The lease is not ours any more: the handler is told to stop, and whatever it does is dropped. */
	#lose(lease: Lease, cancelled: boolean): void {
		const { id, token } = lease;
		this.#keeper?.drop(id, token);
		let dropped = this.#settler.forget(id, token);
		for (const [delivery, timeUpAt] of this.#deliveries) {
			if (delivery.job.id !== id || delivery.job.token !== token) continue;
			dropped = true;
			const isTimeUp = performance.now() >= timeUpAt - LATENCY_MS;
			delivery.lose(cancelled ? cancelledJob(lease) : isTimeUp ? outOfTime(delivery.job) : lostLease(lease));
		}
		// A renewal may cross an outcome that is on its way, and is refused since that has been taken: nothing is lost.
		if (!dropped) return;
		if (cancelled) this.#log.info('a job was cancelled', { id, token });
		else this.#log.warn('a lease was lost', { id, token });
	}

	/**
	 * The job's own `timeout` is over. Nothing is reported: the store takes the job back by itself and counts a timeout, and of an outcome
	 * of ours it would make a failure.
	 */
	#timeUp(delivery: Delivery): void {
		const { id, token } = delivery.lease;
		this.#keeper?.drop(id, token);
		this.#log.warn('a job was still at work after its timeout', { id, token });
		delivery.lose(outOfTime(delivery.job));
	}

	#trouble(error: unknown): void {
		this.#log.warn('the store cannot be reached; trying again', { error });
		this.#options.onError?.(error);
	}

	async #close(graceMs: number): Promise<void> {
		this.#state = 'draining';
		this.#feeder?.stopTaking();
		for (const collector of this.#collectors.values()) collector.flush();
		await within(graceMs, this.#drained());
		const why = shutDown();
		for (const delivery of this.#deliveries.keys()) delivery.end(RELEASE, why);
		if (this.#feeder !== null) await within(FLUSH_MS, this.#feeder.quiet());
		this.#unsubscribe();
		this.#feeder?.close();
		this.#keeper?.close();
		this.#state = 'closed';
		this.#markClosed();
	}

	/** Resolves when no handler is at work and none can begin. */
	#drained(): Promise<void> {
		return new Promise((resolve) => {
			this.#onDrained = resolve;
			if (this.#deliveries.size === 0) resolve();
		});
	}
}

/** Waits for `promise`, but no longer than `ms`. */
async function within(ms: number, promise: Promise<unknown>): Promise<void> {
	let timer: ReturnType<typeof setTimeout> | undefined;
	const late = new Promise((resolve) => {
		timer = setTimeout(resolve, ms);
	});
	await Promise.race([promise, late]);
	clearTimeout(timer);
}
