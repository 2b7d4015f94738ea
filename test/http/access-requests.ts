import type { Scope } from '../../src/core/access.ts';

/** What each endpoint is expected to need, and a request of it that is about one topic. Written down apart from the server's own table. */
export interface Endpoint {
	scopes: Scope[];
	/** It is about all topics, so that no grant on some of them is enough. */
	everyTopic?: true;
	/** @param id a job of the topic */
	request: (topic: string, id: string) => { url: string; body?: object };
}

const ofTopic = (scope: Scope, url: string, body?: (topic: string) => object): Endpoint => ({
	scopes: [scope],
	request: (topic) => ({
		url: url.replace(':topic', topic).replace(':group', 'g'),
		...(body && { body: body(topic) }),
	}),
});

const ofJob = (scopes: Scope[], url: string): Endpoint => ({
	scopes,
	request: (_topic, id) => ({ url: url.replace(':id', id) }),
});

const ofJobs = (scope: Scope, url: string): Endpoint => ({
	scopes: [scope],
	request: (_topic, id) => ({ url, body: { ids: [id] } }),
});

const ofAll = (scope: Scope, url: string, body?: object): Endpoint => ({
	scopes: [scope],
	everyTopic: true,
	request: () => ({ url, ...(body && { body }) }),
});

const GROUP = '/v1/topics/:topic/groups/:group';
const FILTER = { action: 'delete', dryRun: true };

/** An operation is made for each request of these, by a key for everything. */
export const OF_OPERATIONS = ['GET /v1/operations/:id', 'POST /v1/operations/:id/cancel'];

export const ENDPOINTS: Record<string, Endpoint> = {
	'POST /api/jobs': ofTopic('push', '/api/jobs', (topic) => ({ topic, job: {} })),
	'GET /api/jobs/jobToRun': ofTopic('work', '/api/jobs/jobToRun?topic=:topic'),
	'POST /api/jobs/mark': {
		scopes: ['work'],
		request: (topic, jobId) => ({ url: '/api/jobs/mark', body: { topic, jobId } }),
	},
	'POST /v1/topics/:topic/jobs': ofTopic('push', '/v1/topics/:topic/jobs', () => ({ data: 1 })),
	'POST /v1/push': ofTopic('push', '/v1/push', (topic) => ({ batches: [{ topic, jobs: [{ data: 1 }] }] })),
	'POST /v1/take': ofTopic('work', '/v1/take', (topic) => ({ topics: [topic] })),
	'POST /v1/settle': {
		scopes: ['work'],
		request: (_, id) => ({ url: '/v1/settle', body: { outcomes: [{ id, token: 1, outcome: 'complete' }] } }),
	},
	'POST /v1/extend': {
		scopes: ['work'],
		request: (_, id) => ({ url: '/v1/extend', body: { leases: [{ id, token: 1 }], leaseMs: 1_000 } }),
	},
	'GET /v1/jobs/:id': ofJob(['observe'], '/v1/jobs/:id'),
	'GET /v1/jobs/:id/result': ofJob(['observe'], '/v1/jobs/:id/result'),
	'DELETE /v1/jobs/:id': ofJob(['operate'], '/v1/jobs/:id'),
	'POST /v1/jobs/:id/retry': ofJob(['operate'], '/v1/jobs/:id/retry'),
	'POST /v1/jobs/:id/promote': ofJob(['operate'], '/v1/jobs/:id/promote'),
	'POST /v1/jobs/:id/cancel': ofJob(['operate'], '/v1/jobs/:id/cancel'),
	'GET /v1/jobs/:id/explain': ofJob(['observe'], '/v1/jobs/:id/explain'),
	'POST /v1/jobs/lookup': ofJobs('observe', '/v1/jobs/lookup'),
	'POST /v1/jobs/explain': ofJobs('observe', '/v1/jobs/explain'),
	'POST /v1/jobs/retry': ofJobs('operate', '/v1/jobs/retry'),
	'POST /v1/jobs/promote': ofJobs('operate', '/v1/jobs/promote'),
	'POST /v1/jobs/cancel': ofJobs('operate', '/v1/jobs/cancel'),
	'POST /v1/jobs/delete': ofJobs('operate', '/v1/jobs/delete'),
	'GET /v1/topics': ofAll('observe', '/v1/topics'),
	'POST /v1/topics/lookup': ofTopic('observe', '/v1/topics/lookup', (topic) => ({ topics: [topic] })),
	'GET /v1/topics/:topic': ofTopic('observe', '/v1/topics/:topic'),
	'GET /v1/topics/:topic/jobs': ofTopic('observe', '/v1/topics/:topic/jobs?state=waiting'),
	'PATCH /v1/topics/:topic': ofTopic('operate', '/v1/topics/:topic', () => ({ maxAttempts: 3 })),
	'POST /v1/topics/:topic/pause': ofTopic('operate', '/v1/topics/:topic/pause'),
	'POST /v1/topics/:topic/resume': ofTopic('operate', '/v1/topics/:topic/resume'),
	'GET /v1/topics/:topic/groups': ofTopic('observe', '/v1/topics/:topic/groups'),
	'POST /v1/topics/:topic/groups/lookup': ofTopic('observe', '/v1/topics/:topic/groups/lookup', () => ({ groups: [] })),
	'GET /v1/topics/:topic/groups/:group': ofTopic('observe', GROUP),
	'PATCH /v1/topics/:topic/groups/:group': ofTopic('operate', GROUP, () => ({ weight: 2 })),
	'POST /v1/topics/:topic/groups/:group/pause': ofTopic('operate', `${GROUP}/pause`),
	'POST /v1/topics/:topic/groups/:group/resume': ofTopic('operate', `${GROUP}/resume`),
	'POST /v1/operations': ofTopic('operate', '/v1/operations', (topic) => ({
		...FILTER,
		filter: { topic, state: 'dead' },
	})),
	'GET /v1/operations': ofAll('observe', '/v1/operations'),
	'GET /v1/operations/:id': ofJob(['observe', 'operate'], '/v1/operations/:id'),
	'POST /v1/operations/:id/cancel': ofJob(['operate'], '/v1/operations/:id/cancel'),
	'GET /v1/audit': ofAll('observe', '/v1/audit'),
	'GET /v1/doctor': ofTopic('observe', '/v1/doctor?topic=:topic'),
	'POST /v1/doctor': ofTopic('admin', '/v1/doctor', (topic) => ({ topic, repair: true })),
	'POST /v1/keys': ofAll('admin', '/v1/keys', { name: 'made', allow: ['push:own'] }),
	'GET /v1/keys': ofAll('admin', '/v1/keys'),
	// No such key: an answer of 404 says that the request was let through.
	'DELETE /v1/keys/:id': ofAll('admin', '/v1/keys/0123456789abcdef'),
	'GET /livez': { scopes: [], request: () => ({ url: '/livez' }) },
	'GET /readyz': { scopes: [], request: () => ({ url: '/readyz' }) },
	'GET /openapi.json': { scopes: [], request: () => ({ url: '/openapi.json' }) },
};

/** Requests about two topics at once, of which a key may use only one. */
export const MIXED: Record<string, (own: string, foreign: string, ids: [own: string, foreign: string]) => object> = {
	'POST /v1/push': (own, foreign) => ({ batches: [own, foreign].map((topic) => ({ topic, jobs: [{ data: 1 }] })) }),
	'POST /v1/take': (own, foreign) => ({ topics: [own, foreign] }),
	'POST /v1/settle': (_o, _f, ids) => ({ outcomes: ids.map((id) => ({ id, token: 1, outcome: 'complete' })) }),
	'POST /v1/extend': (_o, _f, ids) => ({ leases: ids.map((id) => ({ id, token: 1 })), leaseMs: 1_000 }),
	'POST /v1/jobs/lookup': (_o, _f, ids) => ({ ids }),
	'POST /v1/jobs/explain': (_o, _f, ids) => ({ ids }),
	'POST /v1/jobs/retry': (_o, _f, ids) => ({ ids }),
	'POST /v1/jobs/promote': (_o, _f, ids) => ({ ids }),
	'POST /v1/jobs/cancel': (_o, _f, ids) => ({ ids }),
	'POST /v1/jobs/delete': (_o, _f, ids) => ({ ids }),
	'POST /v1/topics/lookup': (own, foreign) => ({ topics: [own, foreign] }),
	'POST /api/jobs/mark': (own, _foreign, [, jobId]) => ({ topic: own, jobId }),
	'POST /v1/operations': (own, foreign) => ({ action: 'move', filter: { topic: own, state: 'dead' }, to: foreign }),
};
