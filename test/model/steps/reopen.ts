import fc from 'fast-check';
import type { Engine } from '../../../src/engine/engine.ts';
import { Step } from '../step.ts';
import type { World } from '../world.ts';

/** Every process ends, and others open the same stores. */
export class Reopen extends Step<void> {
	override check({ reopen }: World): boolean {
		return reopen !== null;
	}

	async act(): Promise<void> {}

	override async run(world: World, engines: Engine[]): Promise<void> {
		await world.reopen?.();
		await super.run(world, engines);
	}

	override changedNothing(): boolean {
		return true;
	}

	toString(): string {
		return 'reopen';
	}
}

export const reopenSteps = [fc.constant(new Reopen())];
