import type { FastifyInstance } from 'fastify';
import type { ServerContext } from './context.ts';
import { sendJson } from './reply.ts';

/** /livez: the process answers. /readyz: the store answers it. */
export function healthRoutes(app: FastifyInstance, context: ServerContext): void {
	app.get('/livez', (_request, reply) => sendJson(reply, '{"status":"ok"}'));
	app.get('/readyz', async (_request, reply) => {
		await context.engine.ping();
		const { durability, notices } = context.engine;
		const known = notices?.list() ?? [];
		return sendJson(reply, JSON.stringify({ status: 'ok', store: context.store, durability, notices: known }));
	});
}
