import type { AsyncCommand } from 'fast-check';
import { expect } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { checkInvariants } from './invariants.ts';
import { see } from './seen.ts';
import { look, type Snapshot, type World } from './world.ts';

/**
 * One call, made to the model and to the engines under test: their answers must be equal, and so must all that can be
 * seen afterwards. A step is stateless, since fast-check runs it again in shorter sequences to find a minimal one.
 */
export abstract class Step<Answer> implements AsyncCommand<World, Engine[]> {
	/** Printed with a failing sequence. */
	abstract toString(): string;

	/** Makes the call; `world` is the same for every engine. */
	abstract act(engine: Engine, world: Readonly<World>): Promise<Answer>;

	check(_world: Readonly<World>): boolean {
		return true;
	}

	/** Runs once, before the calls. */
	prepare(_world: World): void {}

	/** Keeps what later steps may want. */
	learn(_answer: Answer, _world: World): void {}

	/** Compares an answer with the model's; where the interface leaves room, a step does so too. */
	compare(answer: Answer, expected: Answer): void {
		expect(answer, `answer to ${this}`).toEqual(expected);
	}

	/** Holds an answer to what must be true of it by itself. */
	judge(_answer: Answer, _world: Readonly<World>): void {}

	/** The same, by what there is afterwards. */
	judgeAfter(_answer: Answer, _after: Snapshot): void {}

	/** True when the answer says that nothing was changed. */
	changedNothing(_answer: Answer, _before: Snapshot): boolean {
		return false;
	}

	/** Whether jobs that have not finished may be gone afterwards. */
	readonly forgets: boolean = false;

	async run(world: World, engines: Engine[]): Promise<void> {
		this.prepare(world);
		const expected = await this.act(world.reference, world);
		const answers = await Promise.all(engines.map((engine) => this.act(engine, world)));
		for (const answer of answers) {
			this.compare(answer, expected);
			this.judge(answer, world);
		}
		this.learn(expected, world);
		const before = world.now;
		world.now = await look(world.reference, world);
		see(world.seen, before, world.now, world.clock());
		if (engines.length === 0) checkInvariants(before, world.now, world, this.forgets);
		for (const engine of engines) {
			const after = await look(engine, world);
			expect(after, `store after ${this}`).toEqual(world.now);
			checkInvariants(before, after, world, this.forgets);
			this.judgeAfter(expected, after);
			if (this.changedNothing(expected, before)) expect(after, `store after idle ${this}`).toEqual(before);
		}
	}
}
