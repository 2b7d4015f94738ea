import fc from 'fast-check';
import type { TakenJob } from '../../../src/core/job.ts';
import type { Engine, SettleResult, TakeRequest } from '../../../src/engine/engine.ts';
import { Step } from '../step.ts';
import type { World } from '../world.ts';
import { type OutcomeRef, outcomeRef, resolveOutcome, takeRequest } from './delivery.ts';
import { learnDeliveries, repeatable, withRequestId } from './take.ts';

export class Settle extends Step<SettleResult[]> {
	readonly #outcomes: OutcomeRef[];

	constructor(outcomes: OutcomeRef[]) {
		super();
		this.#outcomes = outcomes;
	}

	override check({ deliveries }: World): boolean {
		return deliveries.length > 0;
	}

	act(engine: Engine, world: World): Promise<SettleResult[]> {
		return engine.settle(this.#outcomes.map((outcome) => resolveOutcome(outcome, world)));
	}

	override changedNothing(results: SettleResult[]): boolean {
		return results.every(({ status }) => status !== 'ok');
	}

	toString(): string {
		return `settle(${JSON.stringify(this.#outcomes)})`;
	}
}

export class SettleAndTake extends Step<{ settled: SettleResult[]; jobs: TakenJob[] }> {
	readonly #outcomes: OutcomeRef[];
	readonly #request: TakeRequest;
	readonly #repeatable: boolean;

	constructor(outcomes: OutcomeRef[], request: TakeRequest, repeatable: boolean) {
		super();
		this.#outcomes = outcomes;
		this.#request = request;
		this.#repeatable = repeatable;
	}

	act(engine: Engine, world: World) {
		const outcomes = this.#outcomes.map((outcome) => resolveOutcome(outcome, world));
		return engine.settleAndTake(outcomes, withRequestId(this.#request, this.#repeatable, world));
	}

	override learn({ jobs }: { jobs: TakenJob[] }, world: World): void {
		learnDeliveries(jobs, world);
		if (this.#repeatable) world.takes.push(withRequestId(this.#request, true, world));
	}

	toString(): string {
		const parts = [this.#outcomes, this.#request].map((part) => JSON.stringify(part));
		return `settleAndTake(${parts.join(', ')}${this.#repeatable ? ', repeatable' : ''})`;
	}
}

const outcomes = fc.array(outcomeRef, { minLength: 1, maxLength: 3 });

export const settleSteps = [
	outcomes.map((refs) => new Settle(refs)),
	fc.tuple(outcomes, takeRequest, repeatable).map((parts) => new SettleAndTake(...parts)),
];
