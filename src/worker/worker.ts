import { type Duration, toMs, toTimerMs } from '../client/duration.ts';
import type { PushFunction } from '../client/job-handle.ts';
import type { Store } from '../client/store.ts';
import { invalid, MillraceError } from '../core/errors.ts';
import type { TakenJob } from '../core/job.ts';
import { LIMITS } from '../core/limits.ts';
import type { Engine, Lease, Outcome, SettleResult } from '../engine/engine.ts';
import { Collector } from './collector.ts';
import { contextOf } from './context.ts';
import { Delivery } from './delivery.ts';
import { Feeder } from './feeder.ts';
import { keepLeases, type LeaseKeeper } from './lease-keeper.ts';
import { type Ending, RELEASE, toStoredError } from './outcomes.ts';
import type { Registration } from './registration.ts';
import { Settler } from './settler.ts';

/** Where a worker and its handlers write. `console` fits, and so does nearly every logger. */
export interface WorkerLog {
	info(message: string, details: object): void;
	warn(message: string, details: object): void;
}

export interface WorkerOptions {
	/** Jobs worked on at once, 1 to 10,000. Default 10. */
	concurrency?: number;
	/** How long a job is this worker's without renewal; renewed at a third. 100 ms to a day. Default 30 s. */
	lease?: Duration;
	/** How long `close` lets handlers finish. Default 10 s. */
	grace?: Duration;
	/** How long a handler may keep the event loop busy before its worker's leases are let go. Default 60 s. */
	maxBlock?: Duration;
	/** Default: silent. */
	log?: WorkerLog;
	/** Told once when the store is away, not again before it was back. */
	onError?: (error: unknown) => void;
}

/** What the client adds. */
interface WorkerPorts {
	push: PushFunction;
	storeUrl: string | Engine;
}

export interface WorkerHealth {
	state: WorkerState;
	/** Jobs that are being worked on. */
	running: number;
	/** Age of the last answer of the store, in ms. A worker that waits for work is answered every few seconds. */
	sinceContactMs: number;
}

type WorkerState = 'starting' | 'running' | 'draining' | 'closed';

const MAX_CONCURRENCY = 10_000;
/** How long `close` tries to hand in the last outcomes: with a busy machine on top it still ends within grace + 1 s. */
const FLUSH_MS = 500;
/** How long it waits to try again when the store can't be opened. */
const REOPEN_MS = 500;

const SILENT: WorkerLog = { info() {}, warn() {} };

/**
 * Works on jobs of one or more topics.
 *
 *     starting ──(store open)──► running ── close() ──► draining ──(all done, or grace over: the rest released)──► closed
 */
export class Worker {
	/** Resolves when the worker has closed. */
	readonly closed: Promise<void>;
	readonly #options: WorkerOptions & WorkerPorts;
	readonly #concurrency: number;
	readonly #leaseMs: number;
	readonly #graceMs: number;
	readonly #maxBlockMs: number;
	readonly #log: WorkerLog;
	readonly #collectors = new Map<string, Collector>();
	readonly #registrations = new Map<string, Registration>();
	readonly #deliveries = new Set<Delivery>();
	readonly #timeouts = new Map<Delivery, ReturnType<typeof setTimeout>>();
	readonly #settler = new Settler();
	#state: WorkerState = 'starting';
	#store: Store | null = null;
	#feeder: Feeder | null = null;
	#keeper: LeaseKeeper | null = null;
	#closing: Promise<void> | null = null;
	#onDrained: (() => void) | null = null;
	#markClosed: () => void = () => {};

	/** @throws INVALID for options out of range, or two handlers of one topic */
	constructor(store: () => Promise<Store>, registrations: Registration[], options: WorkerOptions & WorkerPorts) {
		this.#options = options;
		this.#concurrency = concurrencyOf(options);
		this.#leaseMs = leaseOf(options);
		this.#graceMs = toTimerMs(options.grace ?? '10s', 'grace');
		this.#maxBlockMs = toMs(options.maxBlock ?? '60s', 'maxBlock');
		this.#log = options.log ?? SILENT;
		this.closed = new Promise((resolve) => {
			this.#markClosed = resolve;
		});
		if (registrations.length === 0) throw invalid('registrations', 'must name at least one topic', registrations);
		for (const registration of registrations) this.#register(registration);
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
		this.#collectors.set(topic, new Collector(registration, (deliveries) => void this.#run(registration, deliveries)));
	}

	async #start(open: () => Promise<Store>): Promise<void> {
		const store = await this.#openUntilClosed(open);
		if (store === null || this.#state !== 'starting') return;
		this.#store = store;
		const { storeUrl } = this.#options;
		this.#keeper = keepLeases({
			store,
			url: typeof storeUrl === 'string' ? storeUrl : null,
			leaseMs: this.#leaseMs,
			maxBlockMs: this.#maxBlockMs,
			onLost: (lease) => this.#lose(lease),
		});
		this.#feeder = new Feeder({
			store,
			topics: [...this.#registrations.keys()],
			leaseMs: this.#leaseMs,
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
		const leftMs = this.#leaseMs - (performance.now() - sentAt);
		const byTopic = new Map<string, Delivery[]>();
		for (const job of jobs) {
			const delivery = new Delivery(job, (over, ending) => this.#over(over, ending));
			this.#deliveries.add(delivery);
			this.#keeper?.hold(job.id, job.token, leftMs);
			byTopic.set(job.topic, [...(byTopic.get(job.topic) ?? []), delivery]);
		}
		for (const [topic, deliveries] of byTopic) {
			// What comes after close() has begun goes back untouched, and what this loop was too busy to receive within its
			// lease: another worker may have it by now, and if none has it nothing is charged.
			if (this.#state === 'running' && leftMs > 0) this.#collectors.get(topic)?.add(deliveries);
			else for (const delivery of deliveries) delivery.end(RELEASE);
		}
	}

	async #run(registration: Registration, deliveries: Delivery[]): Promise<void> {
		const { timeoutMs } = registration;
		if (timeoutMs !== null) {
			for (const delivery of deliveries) {
				this.#timeouts.set(
					delivery,
					setTimeout(() => this.#timeOut(delivery, timeoutMs), timeoutMs),
				);
			}
		}
		const { push } = this.#options;
		const ports = { push, log: this.#log, extend: (lease: Lease) => this.#extend(lease) };
		await registration.run(deliveries, (delivery) => contextOf(delivery, ports));
	}

	/** A refusal is left to the lease keeper, which finds it too and tells the handler. */
	async #extend(lease: Lease): Promise<void> {
		await this.#store?.engine.extend([lease], this.#leaseMs);
	}

	#timeOut(delivery: Delivery, timeoutMs: number): void {
		const error = new MillraceError('TIMEOUT', `The handler was still at work after ${timeoutMs} ms`);
		delivery.end({ outcome: 'retry', error: toStoredError(error) }, error);
	}

	#over(delivery: Delivery, ending: Ending | null): void {
		this.#deliveries.delete(delivery);
		clearTimeout(this.#timeouts.get(delivery));
		this.#timeouts.delete(delivery);
		if (ending !== null) this.#settler.add(delivery, ending);
		this.#feeder?.wake();
		if (this.#deliveries.size === 0) this.#onDrained?.();
	}

	#settled({ id, token }: Outcome, { status }: SettleResult): void {
		this.#keeper?.drop(id, token);
		if (status !== 'ok')
			this.#log.warn('the store refused an outcome: the delivery had ended before', { id, token, status });
	}

	/** The lease is somebody else's: the handler is told to stop, and whatever it does is dropped. */
	#lose({ id, token }: Lease): void {
		this.#settler.forget(id, token);
		const error = new MillraceError(
			'STALE_LEASE',
			`The lease of ${id} (token ${token}) is lost; another worker may have the job`,
		);
		for (const delivery of this.#deliveries) {
			if (delivery.job.id === id && delivery.job.token === token) delivery.lose(error);
		}
		this.#log.warn('a lease was lost', { id, token });
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
		const why = new MillraceError('CLOSED', 'The worker is shutting down and its grace is over');
		for (const delivery of this.#deliveries) delivery.end(RELEASE, why);
		if (this.#feeder !== null) await within(FLUSH_MS, this.#feeder.quiet());
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

function concurrencyOf({ concurrency = 10 }: WorkerOptions): number {
	if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= MAX_CONCURRENCY) return concurrency;
	throw invalid('concurrency', `must be an integer from 1 to ${MAX_CONCURRENCY}`, concurrency);
}

function leaseOf({ lease = '30s' }: WorkerOptions): number {
	const leaseMs = toMs(lease, 'lease');
	if (leaseMs >= LIMITS.minLeaseMs && leaseMs <= LIMITS.maxLeaseMs) return leaseMs;
	throw invalid('lease', `must be ${LIMITS.minLeaseMs} ms to ${LIMITS.maxLeaseMs} ms`, lease);
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
