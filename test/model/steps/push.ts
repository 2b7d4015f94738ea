import fc from 'fast-check';
import type { NewJob } from '../../../src/core/job.ts';
import { toRawJson } from '../../../src/core/json.ts';
import type { Engine, PushBatch, PushResult } from '../../../src/engine/engine.ts';
import { START } from '../../support/clock.ts';
import { newJob } from '../../support/jobs.ts';
import { insist } from '../insist.ts';
import { Step } from '../step.ts';
import { groupName, MINUTE, memoriesAreCertain, pick, type Snapshot, topicName, type World } from '../world.ts';
import { terms } from './terms.ts';

abstract class PushStep extends Step<PushResult[]> {
	override changedNothing(answer: PushResult[]): boolean {
		return answer.every(({ status }) => status !== 'created');
	}

	/** Who is said to hold a key in the end is there, and has not finished or has completed within the key's window. */
	override judgeAfter(answer: PushResult[], { jobs }: Snapshot): void {
		const pushed = answer.flatMap((result) => (result.status === 'created' ? result.jobs : []));
		const held = pushed.flatMap(({ unique }) => unique ?? []);
		const former = new Set(held.map((one) => one.former));
		for (const { holder, holderState } of held.filter(({ holder: id }) => !former.has(id))) {
			const job = jobs.find((known) => known?.id === holder);
			const isOpen = job?.state === 'waiting' || job?.state === 'delayed' || job?.state === 'active';
			const hasCompleted = holderState === 'completed' && (job === undefined || job?.state === 'completed');
			insist(isOpen || hasCompleted, `who holds a key: ${holder}`, holderState, job);
		}
	}

	override learn(answer: PushResult[], world: World): void {
		// A push with a key may be answered by a job that is known.
		const ids = answer.flatMap((result) => (result.status === 'created' ? result.jobs.map(({ id }) => id) : []));
		world.ids.push(...new Set(ids.filter((id) => !world.ids.includes(id))));
	}
}

export class Push extends PushStep {
	readonly #batches: PushBatch[];

	constructor(batches: PushBatch[]) {
		super();
		this.#batches = batches;
	}

	override check(world: World): boolean {
		// A window, too, is remembered until a time.
		const remembered = ({ idempotency, jobs }: PushBatch) =>
			idempotency !== undefined || jobs.some(({ unique }) => unique);
		return memoriesAreCertain(world) || !this.#batches.some(remembered);
	}

	act(engine: Engine): Promise<PushResult[]> {
		return engine.push(this.#batches);
	}

	override learn(answer: PushResult[], world: World): void {
		super.learn(answer, world);
		world.pushes.push(...this.#batches.filter(({ idempotency }) => idempotency !== undefined));
	}

	toString(): string {
		return `push(${JSON.stringify(this.#batches)})`;
	}
}

/** A push made again under its key, as after a lost answer. */
export class RepeatPush extends PushStep {
	readonly #index: number;

	constructor(index: number) {
		super();
		this.#index = index;
	}

	override check(world: World): boolean {
		return world.pushes.length > 0 && memoriesAreCertain(world);
	}

	async act(engine: Engine, { pushes }: World): Promise<PushResult[]> {
		const batch = pick(pushes, this.#index);
		return batch === undefined ? [] : engine.push([batch]);
	}

	toString(): string {
		return `repeatPush(${this.#index})`;
	}
}

const job: fc.Arbitrary<NewJob> = fc
	.record({
		n: fc.nat(99),
		priority: fc.constantFrom(0, 0, 0, 2, -1),
		group: fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 4, arbitrary: groupName }),
		maxAttempts: fc.constantFrom(1, 2, 2, 3, 20),
		delayMs: fc.constantFrom(0, 0, 0, 0, MINUTE, 3 * MINUTE),
		runAt: fc.constantFrom(null, null, null, null, START - 5, START + 4 * MINUTE),
		more: terms,
	})
	.map(({ n, more, ...options }) => newJob({ data: toRawJson({ n }), ...options, ...more }));

const idempotency = fc.record({ key: fc.constantFrom('k1', 'k2'), fingerprint: fc.constantFrom('f1', 'f1', 'f2') });

const batch: fc.Arbitrary<PushBatch> = fc
	.record({
		topic: topicName,
		jobs: fc.array(job, { minLength: 1, maxLength: 4 }),
		key: fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.record({ idempotency }) }),
	})
	.map(({ key, ...plain }) => ({ ...plain, ...key }));

export const pushSteps = [
	fc.array(batch, { minLength: 1, maxLength: 3 }).map((batches) => new Push(batches)),
	fc.array(batch, { minLength: 1, maxLength: 1 }).map((batches) => new Push(batches)),
];

export const repeatPushSteps = [fc.nat(9).map((index) => new RepeatPush(index))];
