import { onTestFinished } from 'vitest';
import type { Job, JobState, NewJob } from '../../src/core/job.ts';
import { toRawJson } from '../../src/core/json.ts';
import type { Operation, OperationAction, OperationRequest } from '../../src/core/operation.ts';
import type { Engine, Outcome } from '../../src/engine/engine.ts';
import { StoredOperations } from '../../src/operations/operations.ts';
import { OperationRunner } from '../../src/operations/runner.ts';
import { ReferenceEngine } from '../model/reference-engine.ts';
import { type TestClock, testClock } from '../support/clock.ts';
import { newJob } from '../support/jobs.ts';

/** A store with its operations, a clock that a test moves, and runners that a test drives by hand. */
export class Bench {
	readonly engine: Engine;
	readonly clock: TestClock;
	readonly operations: StoredOperations;
	readonly runner: OperationRunner;

	constructor(engine: Engine, clock: TestClock) {
		this.engine = engine;
		this.clock = clock;
		this.operations = new StoredOperations(engine);
		this.runner = this.newRunner();
	}

	/** @param engine another view of the same store */
	newRunner(engine = this.engine): OperationRunner {
		return new OperationRunner(engine, {
			onError: (error) => {
				throw error;
			},
		});
	}

	start(request: OperationRequest): Promise<Operation> {
		return this.operations.start(request);
	}

	async get(id: string): Promise<Operation> {
		const operation = await this.operations.get(id);
		if (operation === null) throw new Error(`There is no operation ${id}`);
		return operation;
	}

	/** Starts an operation and carries it out to its end. */
	async run(request: OperationRequest): Promise<Operation> {
		const { id } = await this.start(request);
		while ((await this.runner.round()) === 0);
		return this.get(id);
	}

	/** Jobs in a state; what they were pushed with stays. Returns their ids. */
	async jobs(topic: string, state: JobState, jobs: Partial<NewJob>[], error?: unknown): Promise<string[]> {
		const delayed = state === 'delayed' ? { delayMs: 3_600_000 } : {};
		const [pushed] = await this.engine.push([{ topic, jobs: jobs.map((job) => newJob({ ...delayed, ...job })) }]);
		if (pushed?.status !== 'created') throw new Error('The jobs were not pushed');
		const ids = pushed.jobs.map(({ id }) => id);
		if (state === 'cancelled') await this.engine.cancelJobs(ids, { actor: null, reason: null });
		if (state === 'waiting' || state === 'delayed' || state === 'cancelled') return ids;
		await this.take(topic, ids.length);
		if (state === 'active') return ids;
		await this.settle(ids, state === 'completed' ? { outcome: 'complete' } : killed(error));
		return ids;
	}

	take(topic: string, max = 1) {
		return this.engine.take({ topics: [topic], max, leaseMs: 60_000 });
	}

	async settle(ids: string[], outcome: Omit<Outcome, 'id' | 'token'>): Promise<void> {
		const jobs = await this.engine.getJobs(ids);
		await this.engine.settle(ids.map((id, i) => ({ id, token: jobs[i]?.token ?? 0, ...outcome })));
	}

	async states(ids: string[]): Promise<(JobState | null)[]> {
		return (await this.engine.getJobs(ids)).map((job) => job?.state ?? null);
	}

	/** All jobs of a topic in a state. */
	async list(topic: string, state: JobState): Promise<Job[]> {
		const jobs: Job[] = [];
		let cursor: string | null = null;
		do {
			const page = await this.engine.listJobs({ topic, state, cursor, limit: 1_000 });
			jobs.push(...page.jobs);
			cursor = page.nextCursor;
		} while (cursor !== null);
		return jobs;
	}

	/** What the audit log says, the first entry first. */
	async log(): Promise<[action: string, target: string][]> {
		const { entries } = await this.operations.audit({ cursor: null, limit: 1_000 });
		return entries.map(({ action, target }): [string, string] => [action, target]).reverse();
	}
}

function killed(error: unknown): Omit<Outcome, 'id' | 'token'> {
	return error === undefined ? { outcome: 'kill' } : { outcome: 'kill', error: toRawJson(error) };
}

export function benchOn(make: (clock: TestClock) => Engine): Promise<Bench> {
	return open(make);
}

/** A bench on the reference model. */
export function bench(): Promise<Bench> {
	return open((clock) => new ReferenceEngine(clock));
}

async function open(make: (clock: TestClock) => Engine): Promise<Bench> {
	const clock = testClock();
	const engine = make(clock);
	await engine.open();
	onTestFinished(() => engine.close());
	return new Bench(engine, clock);
}

type Call = () => unknown;

/** The same store through which every call is seen: `see` gets its name and makes it. */
export function watched(engine: Engine, see: (name: string, call: Call, args: unknown[]) => unknown): Engine {
	const through = <T extends object>(part: T): T =>
		new Proxy(part, {
			get(target, name) {
				const value: unknown = Reflect.get(target, name, target);
				if (name === 'documents') return through(value as object);
				if (typeof value !== 'function') return value;
				return (...args: unknown[]) => see(String(name), () => value.apply(target, args), args);
			},
		});
	return through(engine);
}

const CHANGES = ['save', 'push', 'cancelJobs', 'retryJobs', 'deleteJobs', 'promoteJobs'];

export interface Crash {
	/** Which of the calls that change something it comes at; from 1. */
	at: number;
	/** Whether that call is still done. */
	done: boolean;
}

/** The store as a server sees it that dies at a call: from then on nothing of it reaches the store. */
export function crashing(engine: Engine, { at, done }: Crash) {
	const state = { crashed: false };
	let changes = 0;
	const view = watched(engine, async (name, call) => {
		if (state.crashed) throw new Error('The server is dead');
		if (!CHANGES.includes(name)) return call();
		changes++;
		if (changes < at) return call();
		state.crashed = true;
		if (done) await call();
		throw new Error('The server is dead');
	});
	return { engine: view, state };
}

/** As long as a runner's claim on an operation lasts. */
export const CLAIM_MS = 6_000;

export const many = (count: number, job = {}) =>
	Array.from({ length: count }, (_, n) => ({ data: toRawJson(n), ...job }));

export function request(
	action: OperationAction,
	state: JobState[],
	more: Partial<OperationRequest> = {},
): OperationRequest {
	return { action, filter: { topic: 't', state }, ...more };
}

/** Rounds until nothing is left to do now. */
export async function settled(b: Bench): Promise<void> {
	while ((await b.runner.round()) === 0);
}
