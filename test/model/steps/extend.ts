import fc from 'fast-check';
import type { Engine, ExtendResult } from '../../../src/engine/engine.ts';
import { Step } from '../step.ts';
import { MINUTE, type World } from '../world.ts';
import { type DeliveryRef, deliveryRef, resolve } from './delivery.ts';

export class Extend extends Step<ExtendResult[]> {
	readonly #leases: DeliveryRef[];
	readonly #leaseMs: number;

	constructor(leases: DeliveryRef[], leaseMs: number) {
		super();
		this.#leases = leases;
		this.#leaseMs = leaseMs;
	}

	act(engine: Engine, world: World): Promise<ExtendResult[]> {
		const leases = this.#leases.map((ref) => {
			const { id, token } = resolve(ref, world);
			return { id, token };
		});
		return engine.extend(leases, this.#leaseMs);
	}

	override changedNothing(results: ExtendResult[]): boolean {
		return results.every(({ status }) => status !== 'ok');
	}

	toString(): string {
		return `extend(${JSON.stringify(this.#leases)}, ${this.#leaseMs})`;
	}
}

export const extendSteps = [
	fc
		.tuple(fc.array(deliveryRef, { minLength: 1, maxLength: 4 }), fc.constantFrom(MINUTE, 2 * MINUTE, 4 * MINUTE))
		.map(([leases, leaseMs]) => new Extend(leases, leaseMs)),
];
