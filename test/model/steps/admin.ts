import fc from 'fast-check';
import { JOB_STATES, type JobState } from '../../../src/core/job.ts';
import type { SettingsPatch, TopicSettings } from '../../../src/core/settings.ts';
import type { ActionResult, Engine } from '../../../src/engine/engine.ts';
import { listAll } from '../../conformance/kit.ts';
import { Step } from '../step.ts';
import { MINUTE, pick, TOPICS, type World } from '../world.ts';

/** A job by the state that it is to be in; any known job when none is. */
interface JobRef {
	state: JobState;
	index: number;
}

function resolveId({ state, index }: JobRef, world: Readonly<World>): string {
	const jobs = TOPICS.flatMap((topic) => world.now.lists[topic]?.[state] ?? []);
	return pick(jobs, index)?.id ?? pick(world.ids, index) ?? 'a:7';
}

export class Act extends Step<ActionResult[]> {
	readonly #action: 'retryJobs' | 'deleteJobs';
	readonly #jobs: JobRef[];
	override readonly forgets: boolean;

	constructor(action: 'retryJobs' | 'deleteJobs', jobs: JobRef[]) {
		super();
		this.#action = action;
		this.#jobs = jobs;
		this.forgets = action === 'deleteJobs';
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

export class Pause extends Step<void> {
	readonly #topic: string;
	readonly #paused: boolean;

	constructor(topic: string, paused: boolean) {
		super();
		this.#topic = topic;
		this.#paused = paused;
	}

	act(engine: Engine): Promise<void> {
		return engine.pauseTopic(this.#topic, this.#paused);
	}

	toString(): string {
		return `pauseTopic(${this.#topic}, ${this.#paused})`;
	}
}

export class Put extends Step<TopicSettings> {
	readonly #topic: string;
	readonly #patch: SettingsPatch;

	constructor(topic: string, patch: SettingsPatch) {
		super();
		this.#topic = topic;
		this.#patch = patch;
	}

	act(engine: Engine): Promise<TopicSettings> {
		return engine.putTopic(this.#topic, this.#patch);
	}

	toString(): string {
		return `putTopic(${this.#topic}, ${JSON.stringify(this.#patch)})`;
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

const topic = fc.constantFrom(...TOPICS);
const state = fc.constantFrom(...JOB_STATES);
const jobs = (wanted: fc.Arbitrary<JobState>) =>
	fc.array(fc.record({ state: wanted, index: fc.nat(20) }), { minLength: 1, maxLength: 3 });
const retention = fc.option(fc.record({ count: fc.nat(3), ageMs: fc.constantFrom(2 * MINUTE, 1_000 * MINUTE) }));
const patch = fc.record({ completed: retention, dead: retention }, { requiredKeys: [] });

export const adminSteps = [
	jobs(fc.oneof(fc.constant<JobState>('dead'), state)).map((refs) => new Act('retryJobs', refs)),
	jobs(state).map((refs) => new Act('deleteJobs', refs)),
	fc.tuple(topic, fc.constantFrom(true, false, false)).map((parts) => new Pause(...parts)),
	fc.tuple(topic, patch).map((parts) => new Put(...parts)),
	fc.tuple(topic, state).map((parts) => new Page(...parts)),
];
