import type { FastifyInstance, FastifyRequest } from 'fastify';
import { MillraceError } from '../../core/errors.ts';
import type { OperationRequest } from '../../core/operation.ts';
import { refuse } from '../../core/refuse.ts';
import { checkRequest } from '../../operations/request.ts';
import { actorOf } from '../access/caller.ts';
import { bodyOf, bodyOrNothing } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { keyOf } from '../idempotency.ts';
import { NoQuery, PageQuery, pageOf, queryOf } from '../params.ts';
import { sendJson } from '../reply.ts';
import { CancelBody } from './cancelling.ts';

export const OPERATION_ID = /^op-[0-9a-f-]{36}$/;

/** /v1/operations: what is done to many jobs at once, step by step in the background. */
export function operationRoutes(app: FastifyInstance, { operations }: ServerContext): void {
	app.post('/v1/operations', async (request, reply) => {
		const body = bodyOf(request);
		const key = keyOf(request);
		const { dryRun, ...asked } = checkRequest(body.value);
		if (dryRun) return sendJson(reply, JSON.stringify(await operations.dryRun(asked)));
		const operation = await operations.start({ ...asked, ...startedBy(request, asked.actor) }, key);
		return sendJson(reply.code(202), JSON.stringify({ operation }));
	});

	app.get('/v1/operations', async (request, reply) => {
		const page = await operations.list(pageOf(queryOf(request, PageQuery)));
		return sendJson(reply, JSON.stringify(page));
	});

	app.get('/v1/operations/:id', async (request, reply) => {
		queryOf(request, NoQuery);
		const id = operationParam(request);
		const operation = await operations.get(id);
		if (operation === null) throw noSuchOperation(id);
		return sendJson(reply, JSON.stringify({ operation }));
	});

	app.post('/v1/operations/:id/cancel', async (request, reply) => {
		const id = operationParam(request);
		const { value } = bodyOrNothing(request);
		const { actor = null, reason = null } = CancelBody.check(value);
		const operation = await operations.cancel(id, { ...actorOf(request, actor), reason });
		if (operation === null) throw noSuchOperation(id);
		return sendJson(reply, JSON.stringify({ operation }));
	});
}

/** Who asks for an operation; nothing where nobody has said it. */
function startedBy(request: FastifyRequest, said: string | undefined): Partial<OperationRequest> {
	const { actor, ...byKey } = actorOf(request, said ?? null);
	return actor === null ? {} : { actor, ...byKey };
}

/** The operation in the path. @throws INVALID */
function operationParam(request: FastifyRequest): string {
	const { id } = request.params as { id: string };
	if (!OPERATION_ID.test(id))
		throw refuse('id', 'must be the id of an operation, like op-1b4e28ba-2fa1-4d6c-8c1f-b9f4f5a1c0de', id);
	return id;
}

function noSuchOperation(id: string): MillraceError {
	const message = `There is no operation ${id}; it never began, or it ended so long ago that it has been let go`;
	return new MillraceError('NOT_FOUND', message, { invalid: { field: 'id', value: id } });
}
