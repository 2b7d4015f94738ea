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

type Task = 'promote' | 'reclaim' | 'prune';

/** An engine may look again too early, never too late; and it may count the memories that it prunes. */
function compareSweeps(task: Task, sweep: Sweep, expected: Sweep): void {
	expect(sweep.more, `${task}: more`).toBe(expected.more);
	if (task === 'prune') return;
	expect(sweep.count, `${task}: count`).toBe(expected.count);
	if (expected.nextInMs === null) return;
	expect(sweep.nextInMs, `${task}: something is in sight`).not.toBeNull();
	expect(sweep.nextInMs, `${task}: not too late`).toBeLessThanOrEqual(expected.nextInMs);
}

/** One round of a maintenance task. */
export class Maintain extends Step<Sweep> {
	readonly #task: Task;

	constructor(task: Task) {
		super();
		this.#task = task;
	}

	act(engine: Engine): Promise<Sweep> {
		return engine[this.#task]();
	}

	override compare(sweep: Sweep, expected: Sweep): void {
		compareSweeps(this.#task, sweep, expected);
	}

	toString(): string {
		return this.#task;
	}
}

/** Time goes by as in production, where leases that end and jobs that fall due are seen to. */
export class Elapse extends Step<Sweep[]> {
	readonly #ms: number;

	constructor(ms: number) {
		super();
		this.#ms = ms;
	}

	override prepare(world: World): void {
		new Advance(this.#ms).prepare(world);
	}

	async act(engine: Engine): Promise<Sweep[]> {
		return [await engine.reclaim(), await engine.promote()];
	}

	override compare(sweeps: Sweep[], expected: Sweep[]): void {
		for (const [index, task] of (['reclaim', 'promote'] as const).entries()) {
			const [sweep, other] = [sweeps[index], expected[index]];
			if (sweep !== undefined && other !== undefined) compareSweeps(task, sweep, other);
		}
	}

	toString(): string {
		return `elapse(${this.#ms})`;
	}
}

const steps = fc.constantFrom(1, MINUTE / 2, MINUTE, MINUTE, MINUTE, 2 * MINUTE, 3 * MINUTE, 6 * MINUTE);
const leaps = fc.constantFrom(20 * MINUTE, -MINUTE - 1, -MINUTE - 1, LIMITS.idempotencyTtlMs);

export const timeSteps = [
	steps.map((ms) => new Elapse(ms)),
	fc.oneof({ weight: 6, arbitrary: steps }, { weight: 1, arbitrary: leaps }).map((ms) => new Advance(ms)),
	fc.constantFrom<Task>('promote', 'reclaim', 'prune').map((task) => new Maintain(task)),
];
