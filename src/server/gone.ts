import type { FastifyReply, FastifyRequest } from 'fastify';

/** Fires when the caller goes away before it has its answer. */
export function goneSignal(request: FastifyRequest, reply: FastifyReply): AbortSignal {
	const controller = new AbortController();
	const { raw } = reply;
	if (request.raw.socket.destroyed) controller.abort();
	raw.once('close', () => {
		if (!raw.writableFinished) controller.abort();
	});
	return controller.signal;
}
