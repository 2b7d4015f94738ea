import type { RouteName } from '../access/routes.ts';
import type { RouteDescription } from './route.ts';
import { GROUPS } from './routes/groups.ts';
import { HEALTH } from './routes/health.ts';
import { JOBS } from './routes/jobs.ts';
import { KEYS } from './routes/keys.ts';
import { MANY_JOBS } from './routes/many.ts';
import { OPERATIONS } from './routes/operations.ts';
import { PUSH } from './routes/push.ts';
import { SEED } from './routes/seed.ts';
import { TOPICS } from './routes/topics.ts';
import { WORK } from './routes/work.ts';

/** What every route takes and answers. One that is missing here does not compile. */
export const DESCRIPTIONS: Readonly<Record<RouteName, RouteDescription>> = {
	...SEED,
	...PUSH,
	...WORK,
	...JOBS,
	...MANY_JOBS,
	...TOPICS,
	...GROUPS,
	...OPERATIONS,
	...KEYS,
	...HEALTH,
};
