import type { FastifyInstance } from 'fastify';
import { MillraceError } from '../../core/errors.ts';
import type { ActionResult } from '../../engine/engine.ts';
import { refuseBody } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { goneSignal } from '../gone.ts';
import { idParam, NoQuery, queryOf, ResultQuery } from '../params.ts';
import { single } from '../pushing.ts';
import { jobText, resultText } from '../render.ts';
import { sendJson } from '../reply.ts';

/** /v1/jobs/{id}: look at a job, wait for its end, delete it, give a dead one another chance. */
export function jobRoutes(app: FastifyInstance, { engine, results }: ServerContext): void {
	app.get('/v1/jobs/:id', async (request, reply) => {
		queryOf(request, NoQuery);
		return sendJson(reply, await readJob(idParam(request)));
	});

	app.get('/v1/jobs/:id/result', async (request, reply) => {
		const id = idParam(request);
		const { waitMs = 0 } = queryOf(request, ResultQuery);
		const job = await results.wait(id, { waitMs, signal: goneSignal(request, reply) });
		if (job === null) throw noSuchJob(id);
		return sendJson(reply, resultText(job));
	});

	app.delete('/v1/jobs/:id', async (request, reply) => {
		const id = idParam(request);
		refuseBody(request);
		allow(id, single(await engine.deleteJobs([id])), 'only a job that no worker holds can be deleted');
		return reply.code(204).send();
	});

	app.post('/v1/jobs/:id/retry', async (request, reply) => {
		const id = idParam(request);
		refuseBody(request);
		allow(id, single(await engine.retryJobs([id])), 'only a dead job can be retried');
		return sendJson(reply, await readJob(id));
	});

	async function readJob(id: string): Promise<string> {
		const job = single(await engine.getJobs([id]));
		if (job === null) throw noSuchJob(id);
		return jobText(job);
	}
}

function allow(id: string, result: ActionResult, rule: string): void {
	if (result.status === 'missing') throw noSuchJob(id);
	if (result.status === 'ok') return;
	const message = `Job ${id} is ${result.state}; ${rule}`;
	throw new MillraceError('WRONG_STATE', message, { invalid: { field: 'id', value: id } });
}

function noSuchJob(id: string): MillraceError {
	const message = `There is no job ${id}; it was never pushed, or it has been deleted or let go since it finished`;
	return new MillraceError('NOT_FOUND', message, { invalid: { field: 'id', value: id } });
}
