import fc from 'fast-check';
import { toRawJson } from '../../../src/core/json.ts';
import type { Engine, ExtendResult } from '../../../src/engine/engine.ts';
import { Step } from '../step.ts';
import { MINUTE, type World } from '../world.ts';
import { type DeliveryRef, deliveryRef, resolve } from './delivery.ts';

export class Extend extends Step<ExtendResult[]> {
	readonly #leases: DeliveryRef[];
	readonly #leaseMs: number;
	readonly #progress: number | undefined;
	readonly #started: boolean | undefined;

	constructor(leases: DeliveryRef[], leaseMs: number, progress: number | undefined, started: boolean | undefined) {
		super();
		this.#leases = leases;
		this.#leaseMs = leaseMs;
		this.#progress = progress;
		this.#started = started;
	}

	override check({ deliveries }: World): boolean {
		return deliveries.length > 0;
	}

	act(engine: Engine, world: World): Promise<ExtendResult[]> {
		const leases = this.#leases.map((ref) => {
			const { id, token } = resolve(ref, world);
			const progress = this.#progress === undefined ? {} : { progress: toRawJson(this.#progress) };
			return { id, token, ...progress, ...(this.#started === undefined ? {} : { started: this.#started }) };
		});
		return engine.extend(leases, this.#leaseMs);
	}

	override changedNothing(results: ExtendResult[]): boolean {
		return results.every(({ status }) => status !== 'ok');
	}

	toString(): string {
		return `extend(${JSON.stringify(this.#leases)}, ${this.#leaseMs}, ${this.#progress}, ${this.#started})`;
	}
}

export const extendSteps = [
	fc
		.tuple(
			fc.array(deliveryRef, { minLength: 1, maxLength: 4 }),
			fc.constantFrom(MINUTE, 2 * MINUTE, 4 * MINUTE),
			fc.option(fc.nat(9), { nil: undefined }),
			fc.constantFrom(undefined, false, true, true),
		)
		.map((parts) => new Extend(...parts)),
];
