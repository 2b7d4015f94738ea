import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../context.ts';
import { actionRoutes } from './actions.ts';
import { auditRoute } from './audit.ts';
import { batchRoutes } from './batch.ts';
import { doctorRoutes } from './doctor.ts';
import { extendRoute } from './extend.ts';
import { groupRoutes } from './groups.ts';
import { jobRoutes } from './jobs.ts';
import { keyRoutes } from './keys.ts';
import { operationRoutes } from './operations.ts';
import { pushRoute } from './push.ts';
import { pushBatchesRoute } from './push-batches.ts';
import { settleRoute } from './settle.ts';
import { takeRoute } from './take.ts';
import { topicRoutes } from './topics.ts';

/** Everything under /v1. */
export function v1Routes(app: FastifyInstance, context: ServerContext): void {
	pushRoute(app, context);
	pushBatchesRoute(app, context);
	takeRoute(app, context);
	settleRoute(app, context);
	extendRoute(app, context);
	jobRoutes(app, context);
	actionRoutes(app, context);
	batchRoutes(app, context);
	topicRoutes(app, context);
	groupRoutes(app, context);
	operationRoutes(app, context);
	auditRoute(app, context);
	doctorRoutes(app, context);
	keyRoutes(app, context);
}
