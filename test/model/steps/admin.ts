import fc from 'fast-check';
import { JOB_STATES, type JobState } from '../../../src/core/job.ts';
import type { ActionResult, CancelledBy, Engine } from '../../../src/engine/engine.ts';
import { listAll } from '../../conformance/kit.ts';
import { Step } from '../step.ts';
import { memoriesAreCertain, pick, TOPICS, topicName, type World } from '../world.ts';
import { pauseMs } from './groups.ts';

/** A job by the state that it is to be in; any known job when none is. */
export interface JobRef {
	state: JobState;
	index: number;
}

export function resolveId({ state, index }: JobRef, world: Readonly<World>): string {
	const jobs = TOPICS.flatMap((topic) => world.now.lists[topic]?.[state] ?? []);
	return pick(jobs, index)?.id ?? pick(world.ids, index) ?? 'a:7';
}

export class Act extends Step<ActionResult[]> {
	readonly #action: 'retryJobs' | 'promoteJobs' | 'deleteJobs';
	readonly #jobs: JobRef[];
	override readonly forgets: boolean;

	constructor(action: 'retryJobs' | 'promoteJobs' | 'deleteJobs', jobs: JobRef[]) {
		super();
		this.#action = action;
		this.#jobs = jobs;
		this.forgets = action === 'deleteJobs';
	}

	/** A retry asks whose the key of the job is. */
	override check(world: World): boolean {
		return this.#action !== 'retryJobs' || memoriesAreCertain(world);
	}

	act(engine: Engine, world: World): Promise<ActionResult[]> {
		return engine[this.#action](this.#jobs.map((ref) => resolveId(ref, world)));
	}

	override changedNothing(results: ActionResult[]): boolean {
		return results.every(({ status }) => status !== 'ok');
	}

	toString(): string {
		return `${this.#action}(${JSON.stringify(this.#jobs)})`;
	}
}

export class Cancel extends Step<ActionResult[]> {
	readonly #jobs: JobRef[];
	readonly #by: CancelledBy;
	/** A topic may keep no cancelled jobs. */
	override readonly forgets = true;

	constructor(jobs: JobRef[], by: CancelledBy) {
		super();
		this.#jobs = jobs;
		this.#by = by;
	}

	act(engine: Engine, world: World): Promise<ActionResult[]> {
		const ids = this.#jobs.map((ref) => resolveId(ref, world));
		return engine.cancelJobs(ids, this.#by);
	}

	override changedNothing(results: ActionResult[]): boolean {
		return results.every(({ status }) => status !== 'ok');
	}

	toString(): string {
		return `cancelJobs(${JSON.stringify(this.#jobs)}, ${JSON.stringify(this.#by)})`;
	}
}

export class Pause extends Step<void> {
	readonly #topic: string;
	readonly #paused: boolean;
	readonly #forMs: number | null;

	constructor(topic: string, paused: boolean, forMs: number | null) {
		super();
		this.#topic = topic;
		this.#paused = paused;
		this.#forMs = forMs;
	}

	act(engine: Engine, { clock }: World): Promise<void> {
		return engine.pauseTopic(this.#topic, this.#paused, this.#forMs === null ? null : clock() + this.#forMs);
	}

	toString(): string {
		return `pauseTopic(${this.#topic}, ${this.#paused}, for ${this.#forMs})`;
	}
}

/** Pages through a list by twos; the lists that follow every step are read at one go. */
export class Page extends Step<string[]> {
	readonly #topic: string;
	readonly #state: JobState;

	constructor(topic: string, state: JobState) {
		super();
		this.#topic = topic;
		this.#state = state;
	}

	async act(engine: Engine): Promise<string[]> {
		const jobs = await listAll(engine, this.#topic, this.#state, 2);
		return jobs.map(({ id }) => id);
	}

	override changedNothing(): boolean {
		return true;
	}

	toString(): string {
		return `page(${this.#topic}, ${this.#state})`;
	}
}

const state = fc.constantFrom(...JOB_STATES);
const by = fc.record({ actor: fc.constantFrom(null, 'ada'), reason: fc.constantFrom(null, 'why') });
export const jobs = (...wanted: JobState[]) => {
	const meant = fc.oneof(fc.constantFrom(...wanted), state);
	return fc.array(fc.record({ state: meant, index: fc.nat(20) }), { minLength: 1, maxLength: 3 });
};

export const adminSteps = [
	jobs('dead', 'cancelled').map((refs) => new Act('retryJobs', refs)),
	jobs('delayed').map((refs) => new Act('promoteJobs', refs)),
	jobs(...JOB_STATES).map((refs) => new Act('deleteJobs', refs)),
	fc.tuple(jobs('waiting', 'delayed', 'active'), by).map((parts) => new Cancel(...parts)),
	fc.tuple(topicName, fc.constantFrom(true, false, false), pauseMs).map((parts) => new Pause(...parts)),
	fc.tuple(topicName, state).map((parts) => new Page(...parts)),
];
