import fc from 'fast-check';
import type { Engine } from '../../src/engine/engine.ts';
import { drain } from './drain.ts';
import { expectSound } from './examining.ts';
import { adminSteps } from './steps/admin.ts';
import { explainSteps } from './steps/explain.ts';
import { extendSteps } from './steps/extend.ts';
import { groupSteps } from './steps/groups.ts';
import { pushSteps, repeatPushSteps } from './steps/push.ts';
import { reopenSteps } from './steps/reopen.ts';
import { settingsSteps } from './steps/settings.ts';
import { settleSteps } from './steps/settle.ts';
import { repeatTakeSteps, takeSteps } from './steps/take.ts';
import { timeSteps } from './steps/time.ts';
import type { World } from './world.ts';

type Steps = fc.Arbitrary<fc.AsyncCommand<World, Engine[]>>[];

function weighted(...kinds: [weight: number, steps: Steps][]): Steps {
	return kinds.flatMap(([weight, steps]) => Array.from({ length: weight }, () => steps).flat());
}

/** What an operator may have set up before the first job comes. */
const STAGE = weighted([3, settingsSteps.slice(1, 2)], [1, groupSteps.slice(0, 2)], [1, settingsSteps]);

/** Every kind of step. Those that move jobs come up more often than those that set the stage. */
export const STEPS = weighted(
	[4, pushSteps],
	[7, takeSteps],
	[3, settleSteps],
	[3, extendSteps],
	[3, timeSteps],
	[1, adminSteps],
	[2, explainSteps],
	[2, groupSteps.slice(0, 2)],
	[1, groupSteps],
	[1, settingsSteps],
	[1, repeatPushSteps],
	[1, repeatTakeSteps],
	[1, reopenSteps],
);

/** Short sequences find more: the number of runs decides. */
const LENGTH = 80;

export const sequence = fc.tuple(
	fc.commands(STAGE, { maxCommands: 4, size: 'max' }),
	fc.commands(STEPS, { maxCommands: LENGTH, size: 'max' }),
);

type Sequence = typeof sequence extends fc.Arbitrary<infer S> ? S : never;

/** Makes the calls of one sequence to the model and to the engines, and lets what is left run out. */
export async function play([stage, steps]: Sequence, world: World, engines: Engine[]): Promise<void> {
	const both = () => ({ model: world, real: engines });
	await fc.asyncModelRun(both, stage);
	await fc.asyncModelRun(both, steps);
	await expectSound(world, engines);
	await drain(world, engines);
	await expectSound(world, engines);
}
