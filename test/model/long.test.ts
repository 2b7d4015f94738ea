import fc from 'fast-check';
import { inject, test } from 'vitest';
import { JOB_STATES } from '../../src/core/job.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { drain } from './drain.ts';
import { memory, type NewStore, redis, withEngines } from './engines.ts';
import { expectSound } from './examining.ts';
import { STEPS } from './sequence.ts';
import { Act } from './steps/admin.ts';
import { look, newWorld, TOPICS, type World } from './world.ts';

// One long life of a store: what builds up slowly, short sequences never see. MILLRACE_MODEL_STEPS says how many steps.

const COUNT = Number(process.env.MILLRACE_MODEL_STEPS ?? 1_500);
const TIMEOUT_MS = 60_000 + COUNT * 60;
/** After so many steps a quiet night follows, and everything that is left is deleted: what cost little stays cheap. */
const DAY = 300;

async function live(store: NewStore): Promise<void> {
	const world = await newWorld();
	await withEngines([store], world, async (engines) => {
		for (let made = 0; made < COUNT; made += DAY) {
			const steps = fc.sample(fc.oneof(...STEPS), { seed: inject('seed') + made, numRuns: DAY });
			await spend(steps, world, engines, made);
			await expectSound(world, engines);
			await drain(world, engines);
			await expectSound(world, engines);
			await clear(world, engines);
			await expectSound(world, engines);
		}
	});
}

type Steps = fc.AsyncCommand<World, Engine[]>[];

async function spend(steps: Steps, world: World, engines: Engine[], made: number): Promise<void> {
	for (const [index, step] of steps.entries()) {
		if (!(await step.check(world))) continue;
		try {
			await step.run(world, engines);
		} catch (cause) {
			const latest = steps.slice(Math.max(0, index - 20), index + 1).map(String);
			throw new Error(`Step ${made + index}, after\n${latest.join('\n')}`, { cause });
		}
	}
}

/** Deletes every job, and forgets what the later steps could only miss. */
async function clear(world: World, engines: Engine[]): Promise<void> {
	for (const state of JOB_STATES) {
		const count = TOPICS.reduce((sum, topic) => sum + (world.now.lists[topic]?.[state].length ?? 0), 0);
		const refs = Array.from({ length: count }, (_, index) => ({ state, index }));
		if (count > 0 && state !== 'active') await new Act('deleteJobs', refs).run(world, engines);
	}
	const left = world.now.jobs.map((job) => job !== null);
	world.ids = world.ids.filter((_, index) => left[index]);
	world.deliveries = world.deliveries.slice(-20);
	world.pushes = world.pushes.slice(-5);
	world.takes = world.takes.slice(-5);
	world.clockWentBack = world.clock() < world.latest;
	// Looked at anew, for what was seen while the clock was behind has no ages in it.
	world.now = await look(world.reference, world);
	world.seen.runs.clear();
	world.seen.startBy.clear();
}

test(`SqliteEngine does what the model does, over ${COUNT} steps`, () => live(memory), TIMEOUT_MS);

test(`RedisEngine does what the model does, over ${COUNT} steps`, () => live(redis), TIMEOUT_MS);
