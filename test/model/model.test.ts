import fc from 'fast-check';
import { inject, test } from 'vitest';
import { file, memory, type NewStore, redis, withEngines } from './engines.ts';
import { play, sequence } from './sequence.ts';
import { newWorld } from './world.ts';

// Random sequences of calls, made to the model and to an engine with the same clock. MILLRACE_MODEL_RUNS says how many
// sequences; the seed of a run is printed at its start, and MILLRACE_TEST_SEED repeats it.

const RUNS = Number(process.env.MILLRACE_MODEL_RUNS ?? 60);
const TIMEOUT_MS = 60_000 + RUNS * 2_000;

async function compare(stores: NewStore[], numRuns: number): Promise<void> {
	const property = fc.asyncProperty(sequence, async (steps) => {
		const world = await newWorld();
		await withEngines(stores, world, (engines) => play(steps, world, engines));
	});
	await fc.assert(property, { seed: inject('seed'), numRuns });
}

test('SqliteEngine does what the model does', () => compare([memory], RUNS), TIMEOUT_MS);

test('RedisEngine does what the model does', () => compare([redis], RUNS), TIMEOUT_MS);

test(
	'both engines give equal answers to one sequence of calls, also when they are closed and opened anew',
	() => compare([file, redis], Math.ceil(RUNS / 4)),
	TIMEOUT_MS,
);
