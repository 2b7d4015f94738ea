import fc from 'fast-check';
import { expect } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import type { Engine, Sweep } from '../../../src/engine/engine.ts';
import { Step } from '../step.ts';
import { MINUTE, type World } from '../world.ts';

/** Moves the clock; sometimes back, as clocks do. */
export class Advance extends Step<void> {
	readonly #ms: number;

	constructor(ms: number) {
		super();
		this.#ms = ms;
	}

	override prepare(world: World): void {
		world.clock.advance(this.#ms);
		if (this.#ms < 0) world.clockWentBack = true;
		world.latest = Math.max(world.latest, world.clock());
	}

	async act(): Promise<void> {}

	toString(): string {
		return `advance(${this.#ms})`;
	}
}

/** One round of a maintenance task. */
export class Maintain extends Step<Sweep> {
	readonly #task: 'promote' | 'reclaim' | 'prune';

	constructor(task: 'promote' | 'reclaim' | 'prune') {
		super();
		this.#task = task;
	}

	act(engine: Engine): Promise<Sweep> {
		return engine[this.#task]();
	}

	/** An engine may look again too early, never too late; and it may count the memories that it prunes. */
	override compare(sweep: Sweep, expected: Sweep): void {
		expect(sweep.more, `${this}: more`).toBe(expected.more);
		if (this.#task === 'prune') return;
		expect(sweep.count, `${this}: count`).toBe(expected.count);
		if (expected.nextInMs === null) return;
		expect(sweep.nextInMs, `${this}: something is in sight`).not.toBeNull();
		expect(sweep.nextInMs, `${this}: not too late`).toBeLessThanOrEqual(expected.nextInMs);
	}

	toString(): string {
		return this.#task;
	}
}

export const timeSteps = [
	fc.constantFrom(1, MINUTE / 2, MINUTE, MINUTE, 3 * MINUTE, 6 * MINUTE).map((ms) => new Advance(ms)),
	fc.constantFrom(MINUTE, 2 * MINUTE, 20 * MINUTE, -MINUTE - 1, LIMITS.idempotencyTtlMs).map((ms) => new Advance(ms)),
	fc.constant(new Maintain('promote')),
	fc.constant(new Maintain('reclaim')),
	fc.constant(new Maintain('prune')),
];
