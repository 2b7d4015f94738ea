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
	readonly #states: JobState[] | undefined;
	override readonly forgets: boolean;

	constructor(action: 'retryJobs' | 'promoteJobs' | 'deleteJobs', jobs: JobRef[], states?: JobState[]) {
		super();
		this.#states = states;
		this.#action = action;
		this.#jobs = jobs;
		this.forgets = action === 'deleteJobs';
	}

	/** A retry asks whose the key of the job is. */
	override check(world: World): boolean {
		return this.#action !== 'retryJobs' || memoriesAreCertain(world);
	}

	act(engine: Engine, world: World): Promise<ActionResult[]> {
		const ids = this.#jobs.map((ref) => resolveId(ref, world));
		return this.#action === 'promoteJobs' ? engine.promoteJobs(ids) : engine[this.#action](ids, this.#states);
	}

	override changedNothing(results: ActionResult[]): boolean {
		return results.every(({ status }) => status !== 'ok');
	}

	toString(): string {
		return `${this.#action}(${JSON.stringify(this.#jobs)}, ${JSON.stringify(this.#states)})`;
	}
}

export class Cancel extends Step<ActionResult[]> {
	readonly #jobs: JobRef[];
	readonly #by: CancelledBy;
	readonly #states: JobState[] | undefined;
	/** A topic may keep no cancelled jobs. */
	override readonly forgets = true;

	constructor(jobs: JobRef[], by: CancelledBy, states?: JobState[]) {
		super();
		this.#states = states;
		this.#jobs = jobs;
		this.#by = by;
	}

	act(engine: Engine, world: World): Promise<ActionResult[]> {
		const ids = this.#jobs.map((ref) => resolveId(ref, world));
		return engine.cancelJobs(ids, this.#by, this.#states);
	}

	override changedNothing(results: ActionResult[]): boolean {
		return results.every(({ status }) => status !== 'ok');
	}

	toString(): string {
		return `cancelJobs(${JSON.stringify(this.#jobs)}, ${JSON.stringify(this.#by)}, ${JSON.stringify(this.#states)})`;
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

/** None named, mostly. */
const only = fc.oneof(
	{ arbitrary: fc.constant(undefined), weight: 3 },
	{ arbitrary: fc.subarray([...JOB_STATES], { minLength: 1 }), weight: 1 },
);

export const adminSteps = [
	fc.tuple(jobs('dead', 'cancelled'), only).map(([refs, states]) => new Act('retryJobs', refs, states)),
	jobs('delayed').map((refs) => new Act('promoteJobs', refs)),
	fc.tuple(jobs(...JOB_STATES), only).map(([refs, states]) => new Act('deleteJobs', refs, states)),
	fc.tuple(jobs('waiting', 'delayed', 'active'), by, only).map((parts) => new Cancel(...parts)),
	fc.tuple(topicName, fc.constantFrom(true, false, false), pauseMs).map((parts) => new Pause(...parts)),
	fc.tuple(topicName, state).map((parts) => new Page(...parts)),
];
