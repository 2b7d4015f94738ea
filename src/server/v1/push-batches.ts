import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { newJob } from '../../core/job-options.ts';
import { items, member, members } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { CLOSED, TopicName } from '../../core/options.ts';
import { pathOf, refuse } from '../../core/refuse.ts';
import { checker } from '../../core/validate.ts';
import type { PushBatch } from '../../engine/engine.ts';
import { bodyOf } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { idempotencyOf } from '../idempotency.ts';
import { pushBatches } from '../pushing.ts';
import { sendJson } from '../reply.ts';
import { asides, JobList, lost, type PushRead, pushedText, readJobs } from './pushed.ts';

export const Batch = Type.Object({ topic: TopicName, jobs: JobList, ...asides }, { ...CLOSED, component: 'PushBatch' });

export const BatchesBody = checker(
	Type.Object({ batches: Type.Array(Batch, { minItems: 1, maxItems: LIMITS.batch }) }, CLOSED),
);

/** POST /v1/push: batches for any topics in one request, each of them stored whole or not at all. */
export function pushBatchesRoute(app: FastifyInstance, { engine, topics }: ServerContext): void {
	app.post('/v1/push', async (request, reply) => {
		const pushes = readBatches(request);
		const batches = pushes.map(async ({ topic, jobs, key, durability, pushed }): Promise<PushBatch> => {
			const defaults = { maxAttempts: await topics.maxAttempts(topic) };
			return {
				topic,
				jobs: jobs.map(({ options, data, at }) => newJob(options, data, defaults, at)),
				...(key === undefined ? {} : { idempotency: idempotencyOf(key, topic, pushed) }),
				...(durability === undefined ? {} : { durability }),
			};
		});
		const answer = await pushBatches(engine, await Promise.all(batches));
		return sendJson(reply, JSON.stringify({ batches: answer, durability: engine.durability }));
	});
}

function readBatches(request: FastifyRequest): (PushRead & { topic: string })[] {
	const body = bodyOf(request);
	const { batches } = BatchesBody.check(body.value);
	const count = batches.reduce((sum, { jobs }) => sum + jobs.length, 0);
	if (count > LIMITS.batch) throw refuse('batches', `must hold at most ${LIMITS.batch} jobs in all`, count);
	const texts = items(member(body.text, 'batches') ?? lost('batches'));
	return batches.map(({ topic, jobs, idempotencyKey: key, durability }, index) => {
		const at = pathOf('batches', index);
		const found = members(texts[index] ?? lost(at));
		return { topic, jobs: readJobs(jobs, found, at), key, durability, pushed: pushedText(found) };
	});
}
