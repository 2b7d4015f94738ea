import type { PushFunction } from '../client/job-handle.ts';
import type { Clock } from '../core/clock.ts';
import { MillraceError } from '../core/errors.ts';
import type { TakenJob } from '../core/job.ts';
import type { Lease } from '../engine/engine.ts';
import { contextOf } from '../worker/context.ts';
import type { Delivery } from '../worker/delivery.ts';
import type { WorkerLog } from '../worker/options.ts';
import { RELEASE } from '../worker/outcomes.ts';
import { cancelledJob, lostLease } from '../worker/reasons.ts';
import type { Registration } from '../worker/registration.ts';
import type { TestEngine } from './engine.ts';
import type { Faults } from './faults.ts';
import { lossOf, type Ran, report, type Settled } from './ran.ts';
import { begin, endByHandler, endByJob, overdue, type Run } from './run.ts';
import { takeThese } from './taking.ts';

interface RunnerOptions {
	engine: TestEngine;
	clock: Clock;
	faults: Faults;
	push: PushFunction;
	log: WorkerLog;
}

/** What a worker does with the jobs it has taken, without its timers: time passes only through `catchUp`. */
export class Runner {
	readonly #options: RunnerOptions;
	/** From their start until their outcome is in the store. */
	readonly #runs = new Set<Run>();
	readonly #running = new Set<Promise<unknown>>();
	#closed = false;

	constructor(options: RunnerOptions) {
		this.#options = options;
	}

	get isClosed(): boolean {
		return this.#closed;
	}

	/** One call of the handler, with whatever fault is due. */
	run(registration: Registration, jobs: TakenJob[], leaseMs: number): Promise<Ran[]> {
		const running = this.#run(registration, jobs, leaseMs);
		this.#running.add(running);
		return running.finally(() => this.#running.delete(running));
	}

	/** What happens to leases while time passes: timeouts fire, those of running handlers are renewed, the others end. */
	async catchUp(): Promise<void> {
		const { clock, engine } = this.#options;
		const late = (whose: 'job' | 'handler') => [...this.#runs].filter((run) => overdue(run, clock()) === whose);
		const ended = late('handler');
		for (const run of ended) endByHandler(run);
		// The store must have their outcomes before it finds their leases ended.
		await Promise.all(ended.map(({ gone }) => gone));
		const outOfTime = late('job');
		for (const run of this.#runs) {
			if (run.renewed && !outOfTime.includes(run)) await this.#extend(run.delivery, run.delivery.lease, run.leaseMs);
		}
		while ((await engine.reclaim()).more);
		// Only now, so that they report what the store has made of them.
		for (const run of outOfTime) endByJob(run);
	}

	/** A hint that these jobs were cancelled: the handlers at work on them hear so. */
	async lookAfter(ids: string[]): Promise<void> {
		for (const { delivery, leaseMs } of this.#runs) {
			if (ids.includes(delivery.job.id)) await this.#extend(delivery, delivery.lease, leaseMs);
		}
	}

	/** As the end of a worker's grace: handlers still at work see their signal, and their jobs are released. */
	async close(): Promise<void> {
		this.#closed = true;
		const why = new MillraceError('CLOSED', 'The test queue is closing');
		for (const { delivery } of this.#runs) delivery.end(RELEASE, why);
		await Promise.allSettled(this.#running);
	}

	async #run(registration: Registration, jobs: TakenJob[], leaseMs: number): Promise<Ran[]> {
		const fault = this.#options.faults.next(registration.topic);
		if (fault === 'crash at start') return this.#reportAll(jobs, 'crashed');
		const runs = this.#start(registration, jobs, leaseMs);
		if (fault === 'crash at end') {
			await Promise.all(runs.map(({ ending }) => ending));
			this.#letGo(runs);
			return this.#reportAll(jobs, 'crashed');
		}
		if (fault === 'deliver twice') {
			runs.push(...this.#start(registration, await this.#handOutAgain(runs, leaseMs), leaseMs));
		}
		return Promise.all(runs.map((run) => this.#conclude(run)));
	}

	#start(registration: Registration, jobs: TakenJob[], leaseMs: number): Run[] {
		const { push, log, clock } = this.#options;
		const { timeoutMs } = registration;
		const runs = jobs.map((job) => begin(job, { clock, leaseMs, timeoutMs }));
		for (const run of runs) this.#runs.add(run);
		const deliveries = runs.map(({ delivery }) => delivery);
		void registration.run(deliveries, (delivery) => {
			const extend = (lease: Lease) => this.#extend(delivery, lease, leaseMs);
			return contextOf(delivery, { push, log, extend });
		});
		return runs;
	}

	async #extend(delivery: Delivery, lease: Lease, leaseMs: number): Promise<void> {
		const [result] = await this.#options.engine.extend([lease], leaseMs);
		if (result?.status !== 'ok') delivery.lose(result?.status === 'cancelled' ? cancelledJob(lease) : lostLease(lease));
	}

	/** The leases run out, and the store gives the jobs to the next who asks, while the handler goes on. */
	async #handOutAgain(runs: Run[], leaseMs: number): Promise<TakenJob[]> {
		const { engine } = this.#options;
		for (const run of runs) run.renewed = false;
		const jobs = runs.map(({ delivery }) => delivery.job);
		await engine.extend(
			runs.map(({ delivery }) => delivery.lease),
			0,
		);
		while ((await engine.reclaim()).more);
		const ids = jobs.map(({ id }) => id);
		return takeThese(engine, { topic: jobs[0]?.topic ?? '', ids, leaseMs });
	}

	async #conclude(run: Run): Promise<Ran> {
		const ending = await run.ending;
		const { job } = run.delivery;
		const outcome = { id: job.id, token: job.token, ...(ending ?? RELEASE) };
		const [result] = ending === null ? [] : await this.#options.engine.settle([outcome]);
		this.#letGo([run]);
		return report(this.#options.engine, job, result?.status ?? lossOf(run.delivery), ending);
	}

	#letGo(runs: Run[]): void {
		for (const run of runs) {
			this.#runs.delete(run);
			run.letGo();
		}
	}

	#reportAll(jobs: TakenJob[], settled: Settled): Promise<Ran[]> {
		return Promise.all(jobs.map((job) => report(this.#options.engine, job, settled, null)));
	}
}
