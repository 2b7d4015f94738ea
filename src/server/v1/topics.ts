import type { FastifyInstance } from 'fastify';
import { MillraceError } from '../../core/errors.ts';
import { SettingsPatchSchema } from '../../core/options.ts';
import { checker } from '../../core/validate.ts';
import { bodyOf, refuseBody } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { JobsQuery, NoQuery, PageQuery, pageOf, queryOf, topicParam } from '../params.ts';
import { single } from '../pushing.ts';
import { jobTextWithoutNones, topicText } from '../render.ts';
import { sendJson } from '../reply.ts';
import { readPause } from './pausing.ts';

export const TopicPatchBody = checker(SettingsPatchSchema);

/** /v1/topics: what there is, and how each topic behaves. */
export function topicRoutes(app: FastifyInstance, { engine, topics, clock }: ServerContext): void {
	app.get('/v1/topics', async (request, reply) => {
		const page = await engine.listTopics(pageOf(queryOf(request, PageQuery)));
		const listed = page.topics.map(topicText).join(',');
		return sendJson(reply, `{"topics":[${listed}],"nextCursor":${JSON.stringify(page.nextCursor)}}`);
	});

	app.get('/v1/topics/:topic', async (request, reply) => {
		queryOf(request, NoQuery);
		return sendJson(reply, await readTopic(topicParam(request)));
	});

	app.patch('/v1/topics/:topic', async (request, reply) => {
		const topic = topicParam(request);
		const body = bodyOf(request);
		const patch = TopicPatchBody.check(body.value);
		topics.put(topic, await engine.putTopic(topic, patch));
		return sendJson(reply, await readTopic(topic));
	});

	app.post('/v1/topics/:topic/pause', async (request, reply) => {
		const topic = topicParam(request);
		await engine.pauseTopic(topic, true, readPause(request, clock));
		return sendJson(reply, await readTopic(topic));
	});

	app.post('/v1/topics/:topic/resume', async (request, reply) => {
		const topic = topicParam(request);
		refuseBody(request);
		await engine.pauseTopic(topic, false);
		return sendJson(reply, await readTopic(topic));
	});

	app.get('/v1/topics/:topic/jobs', async (request, reply) => {
		const topic = topicParam(request);
		const query = queryOf(request, JobsQuery);
		const page = await engine.listJobs({ topic, state: query.state, ...pageOf(query) });
		const listed = page.jobs.map(jobTextWithoutNones).join(',');
		return sendJson(reply, `{"jobs":[${listed}],"nextCursor":${JSON.stringify(page.nextCursor)}}`);
	});

	async function readTopic(topic: string): Promise<string> {
		const found = single(await engine.getTopics([topic]));
		if (found === null) throw noSuchTopic(topic);
		return topicText(found);
	}
}

function noSuchTopic(topic: string): MillraceError {
	const message = `There is no topic ${topic}; a topic begins with its first job or setting`;
	return new MillraceError('NOT_FOUND', message, { invalid: { field: 'topic', value: topic } });
}
