import type { FastifyInstance } from 'fastify';
import { refuseBody } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { goneSignal } from '../gone.ts';
import { idParam, NoQuery, queryOf, ResultQuery } from '../params.ts';
import { single } from '../pushing.ts';
import { jobText, resultText } from '../render.ts';
import { sendJson } from '../reply.ts';
import { allow, noSuchJob } from './one-job.ts';

/** /v1/jobs/{id}: look at a job, wait for its end, delete it. */
export function jobRoutes(app: FastifyInstance, { engine, results }: ServerContext): void {
	app.get('/v1/jobs/:id', async (request, reply) => {
		queryOf(request, NoQuery);
		const id = idParam(request);
		const job = single(await engine.getJobs([id]));
		if (job === null) throw noSuchJob(id);
		return sendJson(reply, jobText(job));
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
}
