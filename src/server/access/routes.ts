import type { Scope } from '../../core/access.ts';
import {
	everyTopic,
	inBody,
	jobInPath,
	operationInPath,
	orEvery,
	type TopicsOf,
	topicInPath,
	topicInQuery,
} from './topics.ts';

/** What a request of a route needs: one of these scopes on all of its topics. No scopes: it is open to everybody. */
export interface RouteAccess {
	scopes: readonly Scope[];
	topics: TopicsOf;
}

const OPEN: RouteAccess = { scopes: [], topics: () => [] };

function needs(scope: Scope | readonly Scope[], topics: TopicsOf): RouteAccess {
	return { scopes: typeof scope === 'string' ? [scope] : scope, topics };
}

const someJobs = inBody({ ids: ['ids'] });

/**
 * Every route there is. One that is missing here makes `createServer` throw, so that none is open because somebody forgot it.
 * `docs/security.md` shows the same table, and `openapi/routes.ts` describes each of them; tests hold them equal.
 */
export const ROUTES = {
	'POST /api/jobs': needs('push', inBody({ topics: ['topic'] })),
	'GET /api/jobs/jobToRun': needs('work', topicInQuery),
	'POST /api/jobs/mark': needs('work', inBody({ topics: ['topic'], ids: ['jobId'] })),

	'POST /v1/topics/:topic/jobs': needs('push', topicInPath),
	'POST /v1/push': needs('push', inBody({ topics: ['batches.topic'] })),

	'POST /v1/take': needs('work', inBody({ topics: ['topics'], ids: ['settle.id'] })),
	'POST /v1/settle': needs('work', inBody({ ids: ['outcomes.id'] })),
	'POST /v1/extend': needs('work', inBody({ ids: ['leases.id'] })),

	'GET /v1/jobs/:id': needs('observe', jobInPath),
	'GET /v1/jobs/:id/result': needs('observe', jobInPath),
	'DELETE /v1/jobs/:id': needs('operate', jobInPath),
	'POST /v1/jobs/:id/retry': needs('operate', jobInPath),
	'POST /v1/jobs/:id/promote': needs('operate', jobInPath),
	'POST /v1/jobs/:id/cancel': needs('operate', jobInPath),
	'GET /v1/jobs/:id/explain': needs('observe', jobInPath),
	'POST /v1/jobs/lookup': needs('observe', someJobs),
	'POST /v1/jobs/explain': needs('observe', someJobs),
	'POST /v1/jobs/retry': needs('operate', someJobs),
	'POST /v1/jobs/promote': needs('operate', someJobs),
	'POST /v1/jobs/cancel': needs('operate', someJobs),
	'POST /v1/jobs/delete': needs('operate', someJobs),

	'GET /v1/topics': needs('observe', everyTopic),
	'POST /v1/topics/lookup': needs('observe', inBody({ topics: ['topics'] })),
	'GET /v1/topics/:topic': needs('observe', topicInPath),
	'GET /v1/topics/:topic/jobs': needs('observe', topicInPath),
	'PATCH /v1/topics/:topic': needs('operate', topicInPath),
	'POST /v1/topics/:topic/pause': needs('operate', topicInPath),
	'POST /v1/topics/:topic/resume': needs('operate', topicInPath),
	'GET /v1/topics/:topic/groups': needs('observe', topicInPath),
	'POST /v1/topics/:topic/groups/lookup': needs('observe', topicInPath),
	'GET /v1/topics/:topic/groups/:group': needs('observe', topicInPath),
	'PATCH /v1/topics/:topic/groups/:group': needs('operate', topicInPath),
	'POST /v1/topics/:topic/groups/:group/pause': needs('operate', topicInPath),
	'POST /v1/topics/:topic/groups/:group/resume': needs('operate', topicInPath),

	'POST /v1/operations': needs('operate', inBody({ topics: ['filter.topic', 'to'] })),
	'GET /v1/operations': needs('observe', everyTopic),
	// Who starts one may watch it.
	'GET /v1/operations/:id': needs(['observe', 'operate'], operationInPath),
	'POST /v1/operations/:id/cancel': needs('operate', operationInPath),
	'GET /v1/audit': needs('observe', everyTopic),

	'GET /v1/doctor': needs('observe', orEvery(topicInQuery)),
	'POST /v1/doctor': needs('admin', orEvery(inBody({ topics: ['topic'] }))),

	'POST /v1/keys': needs('admin', everyTopic),
	'GET /v1/keys': needs('admin', everyTopic),
	'DELETE /v1/keys/:id': needs('admin', everyTopic),

	'GET /livez': OPEN,
	'GET /readyz': OPEN,
	'GET /openapi.json': OPEN,
} as const satisfies Record<string, RouteAccess>;

export type RouteName = keyof typeof ROUTES;

/** undefined for a route that is not Millrace's own. */
export function accessTo(route: string): RouteAccess | undefined {
	return Object.hasOwn(ROUTES, route) ? ROUTES[route as RouteName] : undefined;
}
