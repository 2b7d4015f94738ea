import { type Duration, toMs } from '../client/duration.ts';
import { asTopic, type TopicLike } from '../client/topic.ts';
import type { Sweep } from '../engine/engine.ts';
import { OperationRunner } from '../operations/runner.ts';
import { Client } from '../sdk/client.ts';
import type { WorkerLog } from '../worker/options.ts';
import { type Handler, handle, type Registration } from '../worker/registration.ts';
import { VirtualClock } from './clock.ts';
import { drain } from './drain.ts';
import { type Reply, TestEngine } from './engine.ts';
import { Faults } from './faults.ts';
import type { PartialOf } from './matches.ts';
import type { CrashOptions, DrainOptions, PerformOptions, TestQueueOptions } from './options.ts';
import type { PushedJob } from './pushes.ts';
import type { Ran } from './ran.ts';
import { Runner } from './runner.ts';
import { takeAs } from './taking.ts';

type AnyTopic = TopicLike<unknown, unknown, unknown, unknown>;

const LEASE_MS = 30_000;
const SILENT: WorkerLog = { info() {}, warn() {} };

/** A queue in this process, for tests: no port, no file, no timer, and a clock that only the test moves. */
export class TestQueue {
	/** Pushes, results, settings: as in production. */
	readonly client: Client;
	readonly #clock: VirtualClock;
	readonly #engine: TestEngine;
	readonly #faults = new Faults();
	readonly #runner: Runner;
	readonly #operations: OperationRunner;

	/** @throws INVALID for a `now` that is no instant */
	constructor({ now, log = SILENT }: TestQueueOptions) {
		this.#clock = new VirtualClock(now);
		this.#engine = new TestEngine(this.#clock.read);
		this.client = new Client(this.#engine, {}, this.#clock.read);
		this.#runner = new Runner({
			engine: this.#engine,
			clock: this.#clock.read,
			faults: this.#faults,
			push: (topic, data, options) => this.client.push(topic, data, options),
			log,
		});
		this.#operations = new OperationRunner(this.#engine, { onError: () => {} });
		this.#engine.onCancel((ids) => void this.#runner.lookAfter(ids));
	}

	/** The virtual present, in epoch milliseconds. */
	now(): number {
		return this.#clock.read();
	}

	/**
	 * Lets time pass: due jobs become runnable, pauses and rates open, bulk operations go on, jobs not started in time are dead, leases that ended give their
	 * jobs back, retention lets go. Handlers that are at work keep their leases, and those past their timeout, or their job's, are ended.
	 *
	 * @throws INVALID for what is no duration
	 */
	async advance(duration: Duration): Promise<void> {
		const ms = toMs(duration, 'duration');
		await this.client.ready();
		this.#clock.move(ms);
		await toTheEnd(() => this.#engine.promote());
		await this.#runner.catchUp();
		await this.#operations.goOn();
		await toTheEnd(() => this.#engine.prune());
	}

	/**
	 * Pushes a job and runs `handler` for it at once, as a worker does: schemas, JSON, errors, timeouts, `ctx`. It goes before all
	 * that waits, and counts as no push for `pushed`.
	 *
	 * @returns the run. A job that is to be retried is `delayed`: `advance` and `drain` take it further.
	 * @throws INVALID as `client.push`, or for an `attempt` that the job does not have; WRONG_STATE while a pause or a limit holds it back
	 */
	async perform<I, D, R, O>(
		topic: TopicLike<I, D, R, O>,
		handler: Handler<D, R>,
		data: I,
		{ attempt = 1, timeout, ...options }: PerformOptions = {},
	): Promise<Ran<O>> {
		const definition = asTopic(topic);
		const registration = handle(definition, handler, timeout === undefined ? {} : { timeout });
		const { id } = await this.#engine.aside(() => this.client.push(definition, data, options));
		const job = await takeAs(this.#engine, { topic: definition.name, id, attempt, leaseMs: LEASE_MS });
		const ran = (await this.#runner.run(registration, [job], LEASE_MS)).at(-1) as Ran;
		const result = ran.state === 'completed' ? await this.client.job(definition, id).result({ timeout: 0 }) : undefined;
		return { ...ran, result };
	}

	/**
	 * Runs everything that may run now, and what that brings, one call of a handler after the other, the topics by turns.
	 *
	 * @returns the runs, in their order. Jobs that are delayed, or held by a worker that crashed, stay for `advance`.
	 * @throws INVALID for two handlers of one topic; INTERNAL past `limit` runs
	 */
	async drain(registrations: Registration | Registration[], options: DrainOptions = {}): Promise<Ran[]> {
		await this.client.ready();
		return drain({ engine: this.#engine, runner: this.#runner }, [registrations].flat(), options);
	}

	/** The jobs that were pushed to a topic so far, in the order of their pushes, in whatever state they are. */
	pushed<I, D, R, O>(topic: TopicLike<I, D, R, O>): PushedJob<I>[] {
		return this.#engine.pushes.of(asTopic(topic).name) as PushedJob<I>[];
	}

	/**
	 * The first job pushed to a topic whose data have everything that `partial` names; any job without `partial`.
	 * @throws AssertionError, with what was pushed instead
	 */
	expectPushed<I, D, R, O>(topic: TopicLike<I, D, R, O>, partial?: PartialOf<I>): PushedJob<I> {
		return this.#engine.pushes.expect(asTopic(topic).name, partial) as PushedJob<I>;
	}

	/**
	 * The worker of the topic's next job dies while it has it: at the `end` of the handler, whose outcome nobody learns
	 * (default), or at the `start`, before the handler is called. The job stays `active` until its lease has run out.
	 */
	crashNext(topic: AnyTopic, { at = 'end' }: CrashOptions = {}): void {
		this.#faults.add(asTopic(topic).name, at === 'end' ? 'crash at end' : 'crash at start');
	}

	/**
	 * The topic's next job is handed out a second time, as another attempt, while the handler is at work on it: the first
	 * outcome is refused as `stale`.
	 */
	deliverTwice(topic: AnyTopic): void {
		this.#faults.add(asTopic(topic).name, 'deliver twice');
	}

	/**
	 * The answer to the next push, take or settle is lost after the store did it, and the call is repeated as the SDK repeats it
	 * over HTTP: no second job, the same delivery, one outcome (whose `settled` then is `stale`).
	 */
	loseReply(call: Reply): void {
		this.#engine.lose(call);
	}

	/** Ends handlers that are at work by their signal, closes workers of the client, and forgets everything. Never throws. */
	async close(): Promise<void> {
		await this.#runner.close();
		await this.client.close();
	}
}

/** A test queue of its own: nothing is shared with another one. */
export function createTestQueue(options: TestQueueOptions = {}): TestQueue {
	return new TestQueue(options);
}

async function toTheEnd(sweep: () => Promise<Sweep>): Promise<void> {
	while ((await sweep()).more);
}
