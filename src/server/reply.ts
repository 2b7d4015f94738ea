import type { FastifyReply } from 'fastify';

/**
 * Sends JSON text that is already written. Payloads inside it were never parsed and printed again.
 * Nothing that the queue answers may be kept by a cache: even a GET hands out a job.
 */
export function sendJson(reply: FastifyReply, text: string, type = 'application/json; charset=utf-8'): FastifyReply {
	return reply.header('content-type', type).header('cache-control', 'no-store').send(text);
}
