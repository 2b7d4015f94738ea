import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { told } from '../../core/explaining.ts';
import { bodyOrNothing, refuseBody } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { keyOf } from '../idempotency.ts';
import { idParam, NoQuery, queryOf } from '../params.ts';
import { single } from '../pushing.ts';
import { sendJson } from '../reply.ts';
import { CancelBody, cancelledBy } from './cancelling.ts';
import { allow, noSuchJob, sendJob } from './one-job.ts';
import { readNewData, retryWithData } from './retry.ts';

/** /v1/jobs/{id}/…: what an operator does with one job, and asks about it. */
export function actionRoutes(app: FastifyInstance, context: ServerContext): void {
	const { engine } = context;

	app.post('/v1/jobs/:id/retry', async (request: FastifyRequest, reply: FastifyReply) => {
		const id = idParam(request);
		const data = readNewData(request);
		const key = keyOf(request);
		if (data !== undefined) return retryWithData(context, reply, { id, data, key });
		allow(id, single(await engine.retryJobs([id])), 'only a dead or cancelled job can be retried');
		return sendJob(single(await engine.getJobs([id])), reply);
	});

	app.post('/v1/jobs/:id/promote', async (request, reply) => {
		const id = idParam(request);
		refuseBody(request);
		const rule = 'only a delayed job that waits for no other one can be promoted';
		allow(id, single(await engine.promoteJobs([id])), rule);
		return sendJob(single(await engine.getJobs([id])), reply);
	});

	app.post('/v1/jobs/:id/cancel', async (request, reply) => {
		const id = idParam(request);
		const { value } = bodyOrNothing(request);
		const by = cancelledBy(request, CancelBody.check(value));
		allow(id, single(await engine.cancelJobs([id], by)), 'only a job that has not ended can be cancelled');
		return sendJob(single(await engine.getJobs([id])), reply);
	});

	app.get('/v1/jobs/:id/explain', async (request, reply) => {
		queryOf(request, NoQuery);
		const id = idParam(request);
		const explanation = single(await engine.explainJobs([id]));
		if (explanation === null) throw noSuchJob(id);
		return sendJson(reply, JSON.stringify(told(explanation, context.clock())));
	});
}
