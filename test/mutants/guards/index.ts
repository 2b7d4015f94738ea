import type { Mutant } from '../mutant.ts';
import { ACCESS } from './access.ts';
import { MODEL } from './model.ts';
import { REDIS } from './redis.ts';
import { REDIS_FLOW } from './redis-flow.ts';
import { REDIS_STORE } from './redis-store.ts';
import { SDK } from './sdk.ts';
import { SERVER } from './server.ts';
import { SQLITE } from './sqlite.ts';
import { SQLITE_FLOW } from './sqlite-flow.ts';
import { SQLITE_STORE } from './sqlite-store.ts';

/** Every guard that is broken on purpose. */
export const MUTANTS: readonly Mutant[] = [
	...REDIS,
	...REDIS_FLOW,
	...REDIS_STORE,
	...SQLITE,
	...SQLITE_FLOW,
	...SQLITE_STORE,
	...MODEL,
	...ACCESS,
	...SERVER,
	...SDK,
];
