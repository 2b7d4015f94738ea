import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { TakenJob } from '../../core/job.ts';
import type { RawJson } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { CLOSED, Key, LeaseMs, TopicName } from '../../core/options.ts';
import { checker } from '../../core/validate.ts';
import type { Outcome, TakeRequest } from '../../engine/engine.ts';
import { withRetryDelays } from '../../engine/retry-delays.ts';
import { bodyOf } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { envelope, rawOf, refuseDuplicates } from '../envelope.ts';
import { goneSignal } from '../gone.ts';
import { takenJobText } from '../render.ts';
import { sendJson } from '../reply.ts';
import { OutcomeBodies, readOutcomes, settledBody } from './outcomes.ts';

const TakeBody = checker(
	Type.Object(
		{
			topics: Type.Array(TopicName, { minItems: 1, maxItems: LIMITS.takeTopics }),
			max: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.batch })),
			waitMs: Type.Optional(Type.Integer({ minimum: 0, maximum: LIMITS.maxWaitMs })),
			leaseMs: Type.Optional(LeaseMs),
			requestId: Type.Optional(Key),
			settle: Type.Optional(OutcomeBodies),
		},
		CLOSED,
	),
);

interface Take {
	request: TakeRequest;
	/** Nothing can have been taken under its id so far. */
	isNew: boolean;
	waitMs: number;
	outcomes: Outcome[] | undefined;
}

interface Taken {
	jobs: TakenJob[];
	settled: object[] | undefined;
}

/** POST /v1/take: settles what the worker has done, then gives it jobs, waiting for the first if it says so. */
export function takeRoute(app: FastifyInstance, context: ServerContext): void {
	app.post('/v1/take', async (request, reply) => {
		const take = await readTake(request, context);
		const gone = take.waitMs > 0 ? goneSignal(request, reply) : undefined;
		const { jobs, settled } = await takeJobs(take, context, gone);
		if (gone?.aborted && take.request.requestId === undefined) await giveBack(jobs, context);
		const tail = settled === undefined ? '' : `,"settled":${JSON.stringify(settled)}`;
		return sendJson(reply, `{"jobs":[${jobs.map(takenJobText).join(',')}]${tail}}`);
	});
}

async function readTake(request: FastifyRequest, context: ServerContext): Promise<Take> {
	const body = bodyOf(request);
	const { topics, max = 1, waitMs = 0, leaseMs, requestId, settle } = TakeBody.check(body.value);
	refuseDuplicates(body.text, ['settle']);
	const outcomes = settle && readOutcomes(settle, rawOf(envelope(body.text), 'settle') as RawJson, 'settle');
	return {
		request: {
			topics: [...new Set(topics)],
			max,
			leaseMs: leaseMs ?? (await context.topics.leaseMs(topics)),
			...(requestId === undefined ? {} : { requestId }),
		},
		isNew: requestId === undefined || request.headers['millrace-new-take'] === '1',
		waitMs,
		outcomes: outcomes && (await withRetryDelays(outcomes, context)),
	};
}

async function takeJobs(take: Take, context: ServerContext, gone: AbortSignal | undefined): Promise<Taken> {
	const { request, isNew, waitMs, outcomes } = take;
	const { engine, waiting } = context;
	if (outcomes === undefined) {
		const jobs =
			gone === undefined ? await engine.take(request) : await waiting.take(request, { waitMs, signal: gone }, isNew);
		return { jobs, settled: undefined };
	}
	const first = await engine.settleAndTake(outcomes, request);
	const settled = settledBody(outcomes, first.settled);
	if (gone === undefined || first.jobs.length > 0) return { jobs: first.jobs, settled };
	try {
		return { jobs: await waiting.take(request, { waitMs, signal: gone }, isNew), settled };
	} catch (error) {
		// The outcomes are in. An error as the answer would say that nothing was done.
		context.log.warn({ err: error }, 'a take failed after it had settled; answered without jobs');
		return { jobs: [], settled };
	}
}

/** Jobs for a caller that has hung up go to the next one now, not when their lease ends. */
async function giveBack(jobs: TakenJob[], context: ServerContext): Promise<void> {
	if (jobs.length === 0) return;
	await context.engine.settle(jobs.map(({ id, token }) => ({ id, token, outcome: 'release' })));
}
