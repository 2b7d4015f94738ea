import fc from 'fast-check';
import type { Job, TakenJob } from '../../../src/core/job.ts';
import type { Engine, TakeRequest } from '../../../src/engine/engine.ts';
import { checkDeliveries } from '../invariants.ts';
import { jobsOf } from '../seen.ts';
import { Step } from '../step.ts';
import { memoriesAreCertain, pick, type Snapshot, type World } from '../world.ts';
import { takeRequest } from './delivery.ts';

/** The request, under an id of its own when it is to be repeatable. */
export function withRequestId(request: TakeRequest, repeatable: boolean, { takes }: Readonly<World>): TakeRequest {
	return repeatable ? { ...request, requestId: `r${takes.length}` } : request;
}

export function learnDeliveries(jobs: { id: string; token: number }[], world: World): void {
	world.deliveries.push(...jobs.map(({ id, token }) => ({ id, token })));
}

export class Take extends Step<TakenJob[]> {
	readonly #request: TakeRequest;
	readonly #repeatable: boolean;

	constructor(request: TakeRequest, repeatable: boolean) {
		super();
		this.#request = request;
		this.#repeatable = repeatable;
	}

	act(engine: Engine, world: World): Promise<TakenJob[]> {
		return engine.take(withRequestId(this.#request, this.#repeatable, world));
	}

	override judge(jobs: TakenJob[], world: World): void {
		checkDeliveries(world.now, jobs);
	}

	override learn(jobs: TakenJob[], world: World): void {
		learnDeliveries(jobs, world);
		if (this.#repeatable) world.takes.push(withRequestId(this.#request, true, world));
	}

	/** A take that finds nothing may find jobs whose time to start is over. */
	override changedNothing(jobs: TakenJob[], before: Snapshot): boolean {
		const mayExpire = ({ state, ttlMs }: Job) => ttlMs !== undefined && (state === 'waiting' || state === 'delayed');
		return jobs.length === 0 && !jobsOf(before).some(mayExpire);
	}

	toString(): string {
		return `take(${JSON.stringify(this.#request)}${this.#repeatable ? ', repeatable' : ''})`;
	}
}

/** A take made again under its request id, as after a lost answer. */
export class RepeatTake extends Step<TakenJob[]> {
	readonly #index: number;

	constructor(index: number) {
		super();
		this.#index = index;
	}

	override check(world: World): boolean {
		return world.takes.length > 0 && memoriesAreCertain(world);
	}

	async act(engine: Engine, { takes }: World): Promise<TakenJob[]> {
		const request = pick(takes.slice().reverse(), this.#index);
		return request === undefined ? [] : engine.take(request);
	}

	override learn(jobs: TakenJob[], world: World): void {
		learnDeliveries(jobs, world);
	}

	toString(): string {
		return `repeatTake(${this.#index})`;
	}
}

/** Whether a take has a request id. */
export const repeatable = fc.constantFrom(false, false, true);

export const takeSteps = [fc.tuple(takeRequest, repeatable).map((parts) => new Take(...parts))];

export const repeatTakeSteps = [fc.nat(4).map((index) => new RepeatTake(index))];
