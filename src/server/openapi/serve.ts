import type { FastifyInstance } from 'fastify';
import { sendJson } from '../reply.ts';
import { describeApi } from './document.ts';

/** GET /openapi.json: the description of this API. Hardly anybody asks for it, so it is made when the first one does. */
export function openApiRoute(app: FastifyInstance): void {
	let text: string | undefined;
	app.get('/openapi.json', (_request, reply) => {
		text ??= JSON.stringify(describeApi());
		return sendJson(reply, text);
	});
}
