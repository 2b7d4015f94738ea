import { join } from 'node:path';
import { inject } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { randomPrefix } from '../support/prefix.ts';
import { tempDir } from '../support/temp.ts';
import type { World } from './world.ts';

/** An empty store, for a run of its own; each call gives an engine on it. */
export type NewStore = (clock: Clock) => () => Engine;

export const memory: NewStore = (clock) => () => new SqliteEngine({ path: ':memory:', clock });

export const file: NewStore = (clock) => {
	const path = join(tempDir(), 'jobs.db');
	return () => new SqliteEngine({ path, clock });
};

export const redis: NewStore = (clock) => {
	const options = { url: inject('redisUrl'), prefix: randomPrefix(), clock };
	return () => new RedisEngine(options);
};

/** Runs `work` with an engine on each store; the world can have them opened anew if all of them keep their data. */
export async function withEngines(stores: NewStore[], world: World, work: (engines: Engine[]) => Promise<void>) {
	const opens = stores.map((store) => store(world.clock));
	const engines: Engine[] = [];
	const close = () => Promise.all(engines.splice(0).map((engine) => engine.close()));
	const open = async () => {
		await close();
		engines.push(...opens.map((another) => another()));
		await Promise.all(engines.map((engine) => engine.open()));
	};
	try {
		await open();
		if (!stores.includes(memory)) world.reopen = open;
		await work(engines);
	} finally {
		await close();
	}
}
