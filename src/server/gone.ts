import type { FastifyReply, FastifyRequest } from 'fastify';

/** Fires when the caller goes away, or its key ends, before it has its answer. */
export function goneSignal(request: FastifyRequest, reply: FastifyReply): AbortSignal {
	const controller = new AbortController();
	const { raw } = reply;
	if (request.raw.socket.destroyed) controller.abort();
	const stopListening = request.caller?.whenEnded(() => controller.abort());
	raw.once('close', () => {
		stopListening?.();
		if (!raw.writableFinished) controller.abort();
	});
	return controller.signal;
}
