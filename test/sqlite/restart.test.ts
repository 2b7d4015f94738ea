import { join } from 'node:path';
import fc from 'fast-check';
import { inject, test } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { RawJson } from '../../src/core/json.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { play, sequence } from '../model/sequence.ts';
import { newWorld } from '../model/world.ts';
import { newJob } from '../support/jobs.ts';
import { tempDir } from '../support/temp.ts';

// What is held in memory is written back at each commit and forgotten at each rollback. So the random sequences of the model test must give
// the same answers when the engine starts anew in between, and when each call shares its transaction with one that fails.

const RUNS = Math.ceil(Number(process.env.MILLRACE_MODEL_RUNS ?? 60) / 4);
const TIMEOUT_MS = 60_000 + RUNS * 5_000;

/** An engine of which every call goes through `call`. */
function through(engine: () => Engine, call: <T>(make: () => Promise<T>) => Promise<T>): Engine {
	return new Proxy({} as Engine, {
		get(_, name: keyof Engine) {
			const value = engine()[name];
			if (typeof value !== 'function' || name === 'open' || name === 'close') return value;
			return (...args: unknown[]) =>
				call(() => Reflect.apply(engine()[name] as () => Promise<unknown>, engine(), args));
		},
	});
}

/** Calls that come together go to one engine, and the next ones to a new engine on the same file. */
function restarting(path: string, clock: Clock) {
	let engine = new SqliteEngine({ path, clock });
	let restart: Promise<void> | null = null;
	const renew = async () => {
		await engine.close();
		engine = new SqliteEngine({ path, clock });
		await engine.open();
		restart = null;
	};
	const proxy = through(
		() => engine,
		async (make) => {
			restart ??= renew();
			await restart;
			return make();
		},
	);
	return { engine: proxy, open: () => engine.open(), close: () => engine.close() };
}

/** A call that fails after it has changed something: its transaction is rolled back, and the calls in it are made again. */
function spoilt(path: string, clock: Clock) {
	const engine = new SqliteEngine({ path, clock });
	const broken = newJob({ data: null as unknown as RawJson, group: 'x' });
	const spoil = () => engine.push(['a', 'b', 'nowhere'].map((topic) => ({ topic, jobs: [broken] }))).catch(() => {});
	const proxy = through(
		() => engine,
		async (make) => {
			const [answer] = await Promise.all([make(), spoil()]);
			return answer;
		},
	);
	return { engine: proxy, open: () => engine.open(), close: () => engine.close() };
}

async function compare(start: typeof restarting, path: () => string): Promise<void> {
	const property = fc.asyncProperty(sequence, async (steps) => {
		const world = await newWorld();
		const { engine, open, close } = start(path(), world.clock);
		try {
			await open();
			await play(steps, world, [engine]);
		} finally {
			await close();
		}
	});
	await fc.assert(property, { seed: inject('seed'), numRuns: RUNS });
}

test(
	'an engine that is closed and opened between the calls does what the model does',
	async () => {
		const dir = tempDir();
		let files = 0;
		await compare(restarting, () => join(dir, `${files++}.db`));
	},
	TIMEOUT_MS,
);

test(
	'an engine whose transactions are rolled back by other calls does what the model does',
	() => compare(spoilt, () => ':memory:'),
	TIMEOUT_MS,
);
