import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../context.ts';
import { PageQuery, pageOf, queryOf } from '../params.ts';
import { sendJson } from '../reply.ts';

/** GET /v1/audit: what operators have done, the latest first. */
export function auditRoute(app: FastifyInstance, { operations }: ServerContext): void {
	app.get('/v1/audit', async (request, reply) => {
		const page = await operations.audit(pageOf(queryOf(request, PageQuery)));
		return sendJson(reply, JSON.stringify(page));
	});
}
