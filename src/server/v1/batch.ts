import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { told } from '../../core/explaining.ts';
import { isTopic } from '../../core/ids.ts';
import { JOB_STATES } from '../../core/job.ts';
import { LIMITS } from '../../core/limits.ts';
import { CLOSED, JobStateName } from '../../core/options.ts';
import { checker } from '../../core/validate.ts';
import type { ActionResult } from '../../engine/engine.ts';
import { bodyOf } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { jobTextWithoutNones, topicText } from '../render.ts';
import { sendJson } from '../reply.ts';
import { byFields, cancelledBy } from './cancelling.ts';

// What could not be an id or a topic is not refused here: it is unknown like any other that the store does not hold.
const Names = Type.Array(Type.String(), { maxItems: LIMITS.batch });
export const IdsBody = checker(Type.Object({ ids: Names }, CLOSED));
// States that the action does not start from are no error: jobs in them are refused one by one, as ever.
const states = Type.Optional(Type.Array(JobStateName, { minItems: 1, maxItems: JOB_STATES.length }));
export const ActionBody = checker(Type.Object({ ids: Names, states }, CLOSED));
export const CancelManyBody = checker(Type.Object({ ids: Names, states, ...byFields }, CLOSED));
export const TopicsBody = checker(Type.Object({ topics: Names }, CLOSED));

/** Many jobs or topics in one request, answered in the order in which they were named. */
export function batchRoutes(app: FastifyInstance, { engine, clock }: ServerContext): void {
	app.post('/v1/jobs/lookup', async (request, reply) => {
		const jobs = await engine.getJobs(idsOf(request));
		const found = jobs.map((job) => (job === null ? 'null' : jobTextWithoutNones(job)));
		return sendJson(reply, `{"jobs":[${found.join(',')}]}`);
	});

	app.post('/v1/topics/lookup', async (request, reply) => {
		const body = bodyOf(request);
		const { topics: names } = TopicsBody.check(body.value);
		const topics = await engine.getTopics(names.filter(isTopic));
		const texts = new Map(topics.map((topic) => [topic?.topic, topic === null ? 'null' : topicText(topic)]));
		return sendJson(reply, `{"topics":[${names.map((name) => texts.get(name) ?? 'null').join(',')}]}`);
	});

	app.post('/v1/jobs/explain', async (request, reply) => {
		const explanations = await engine.explainJobs(idsOf(request));
		const now = clock();
		const answer = explanations.map((explanation) => explanation && told(explanation, now));
		return sendJson(reply, JSON.stringify({ explanations: answer }));
	});

	app.post('/v1/jobs/cancel', async (request, reply) => {
		const body = bodyOf(request);
		const { ids, states, ...by } = CancelManyBody.check(body.value);
		return sendJson(reply, resultsText(ids, await engine.cancelJobs(ids, cancelledBy(request, by), states)));
	});

	app.post('/v1/jobs/promote', async (request, reply) => {
		const ids = idsOf(request);
		return sendJson(reply, resultsText(ids, await engine.promoteJobs(ids)));
	});

	for (const action of ['retry', 'delete'] as const) {
		app.post(`/v1/jobs/${action}`, async (request, reply) => {
			const body = bodyOf(request);
			const { ids, states } = ActionBody.check(body.value);
			return sendJson(reply, resultsText(ids, await engine[`${action}Jobs`](ids, states)));
		});
	}
}

function resultsText(ids: string[], results: ActionResult[]): string {
	return JSON.stringify({ results: results.map((result, index) => ({ id: ids[index], ...result })) });
}

function idsOf(request: FastifyRequest): string[] {
	const body = bodyOf(request);
	const { ids } = IdsBody.check(body.value);
	return ids;
}
