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

	constructor(leases: DeliveryRef[], leaseMs: number, progress: number | undefined) {
		super();
		this.#leases = leases;
		this.#leaseMs = leaseMs;
		this.#progress = progress;
	}

	act(engine: Engine, world: World): Promise<ExtendResult[]> {
		const leases = this.#leases.map((ref) => {
			const { id, token } = resolve(ref, world);
			return { id, token, ...(this.#progress === undefined ? {} : { progress: toRawJson(this.#progress) }) };
		});
		return engine.extend(leases, this.#leaseMs);
	}

	override changedNothing(results: ExtendResult[]): boolean {
		return results.every(({ status }) => status !== 'ok');
	}

	toString(): string {
		return `extend(${JSON.stringify(this.#leases)}, ${this.#leaseMs}, ${this.#progress})`;
	}
}

export const extendSteps = [
	fc
		.tuple(
			fc.array(deliveryRef, { minLength: 1, maxLength: 4 }),
			fc.constantFrom(MINUTE, 2 * MINUTE, 4 * MINUTE),
			fc.option(fc.nat(9), { nil: undefined }),
		)
		.map(([leases, leaseMs, progress]) => new Extend(leases, leaseMs, progress)),
];
