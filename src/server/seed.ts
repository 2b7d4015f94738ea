import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { MillraceError } from '../core/errors.ts';
import { parseId } from '../core/ids.ts';
import type { Job } from '../core/job.ts';
import { newJob } from '../core/job-options.ts';
import { member } from '../core/json.ts';
import { CLOSED, JobIdText, Token, TopicName } from '../core/options.ts';
import { checker } from '../core/validate.ts';
import type { SettleResult } from '../engine/engine.ts';
import { bodyOf } from './body.ts';
import type { ServerContext } from './context.ts';
import { idempotencyOf, keyOf } from './idempotency.ts';
import { queryOf, SeedQuery } from './params.ts';
import { pushBatch, single } from './pushing.ts';
import { seedJobText } from './render.ts';
import { sendJson } from './reply.ts';

export const SeedPushBody = checker(
	Type.Object({ job: Type.Object({}, { expected: 'must be a JSON object' }), topic: TopicName }, CLOSED),
);

export const MarkBody = checker(
	Type.Object({ jobId: JobIdText, topic: TopicName, token: Type.Optional(Token) }, CLOSED),
);

/** How often a mark without a token looks up the delivery again when that has just ended. */
const MARK_TRIES = 4;

/** The three endpoints of the original API, under /api/jobs. Their shapes and messages never change. */
export function seedRoutes(app: FastifyInstance, context: ServerContext): void {
	app.post('/api/jobs', (request, reply) => push(context, request, reply));
	app.get('/api/jobs/jobToRun', (request, reply) => jobToRun(context, request, reply));
	app.post('/api/jobs/mark', (request, reply) => mark(context, request, reply));
}

async function push(context: ServerContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
	const body = bodyOf(request);
	const { topic } = SeedPushBody.check(body.value);
	const data = member(body.text, 'job');
	if (data === undefined) throw new MillraceError('INTERNAL', 'A checked body has lost its job');
	const key = keyOf(request);
	const pushed = await pushBatch(context.engine, {
		topic,
		jobs: [newJob({}, data, { maxAttempts: await context.topics.maxAttempts(topic) })],
		...(key === undefined ? {} : { idempotency: idempotencyOf(key, topic, data) }),
	});
	reply.code(pushed.created ? 201 : 200);
	return sendJson(reply, `{"jobId":"${single(pushed.jobs).id}","message":"Job added successfully"}`);
}

async function jobToRun(context: ServerContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
	const { topic } = queryOf(request, SeedQuery);
	const leaseMs = await context.topics.leaseMs([topic]);
	const [job] = await context.engine.take({ topics: [topic], max: 1, leaseMs });
	if (job === undefined) return sendJson(reply.code(404), '{"message":"No job available"}');
	const fields = {
		jobId: job.id,
		createdAt: job.createdAt,
		updatedAt: job.leaseExpiresAt - Math.min(leaseMs, job.timeoutMs ?? leaseMs),
		retryCount: job.attempt - 1,
	};
	return sendJson(reply, `{"job":${seedJobText(fields, job.data)},"message":"Job to run"}`);
}

async function mark(context: ServerContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
	const body = bodyOf(request);
	const { jobId, topic, token } = MarkBody.check(body.value);
	const marked = parseId(jobId)?.topic === topic ? await complete(context, jobId, token) : undefined;
	if (marked === undefined) return sendJson(reply.code(404), '{"message":"Job not found or already processed"}');
	const { job, at } = marked;
	const fields = { jobId, createdAt: job.createdAt, updatedAt: at, retryCount: job.attempt - 1 };
	return sendJson(reply, JSON.stringify({ message: 'Job completed successfully', job: fields }));
}

/** Completes the delivery of `token`, or the one under way when none is given; undefined when there is none. */
async function complete(
	context: ServerContext,
	id: string,
	token: number | undefined,
): Promise<{ job: Job; at: number } | undefined> {
	for (let tries = 0; tries < MARK_TRIES; tries++) {
		const job = single(await context.engine.getJobs([id]));
		if (job?.state !== 'active' || (token !== undefined && token !== job.token)) return undefined;
		const result: SettleResult = single(await context.engine.settle([{ id, token: job.token, outcome: 'complete' }]));
		if (result.status === 'ok') return { job, at: result.at };
		if (result.status === 'missing') return undefined;
		// Stale: the delivery ended between the two calls, and another may be under way.
	}
	return undefined;
}
