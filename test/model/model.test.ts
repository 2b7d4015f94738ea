import fc from 'fast-check';
import { inject, test } from 'vitest';
import { type Open, redis, sqlite } from './engines.ts';
import { play, sequence } from './sequence.ts';
import { newWorld } from './world.ts';

// Random sequences of calls, made to the model and to an engine with the same clock. MILLRACE_MODEL_RUNS says how many
// sequences; the seed of a run is printed at its start, and MILLRACE_TEST_SEED repeats it.

const RUNS = Number(process.env.MILLRACE_MODEL_RUNS ?? 60);
const TIMEOUT_MS = 60_000 + RUNS * 2_000;

async function compare(opens: Open[], numRuns: number): Promise<void> {
	const property = fc.asyncProperty(sequence, async (steps) => {
		const world = await newWorld();
		const engines = opens.map((open) => open(world.clock));
		try {
			await Promise.all(engines.map((engine) => engine.open()));
			await play(steps, world, engines);
		} finally {
			await Promise.all(engines.map((engine) => engine.close()));
		}
	});
	await fc.assert(property, { seed: inject('seed'), numRuns });
}

test('SqliteEngine does what the model does', () => compare([sqlite], RUNS), TIMEOUT_MS);

test('RedisEngine does what the model does', () => compare([redis], RUNS), TIMEOUT_MS);

test(
	'both engines give equal answers to one sequence of calls',
	() => compare([sqlite, redis], Math.ceil(RUNS / 4)),
	TIMEOUT_MS,
);
