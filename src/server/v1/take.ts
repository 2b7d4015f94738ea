import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { TakenJob } from '../../core/job.ts';
import { member, type RawJson } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { CLOSED, Key, LeaseMs, Name, TopicName } from '../../core/options.ts';
import { checker } from '../../core/validate.ts';
import type { Outcome, TakeRequest } from '../../engine/engine.ts';
import { withRetryDelays } from '../../engine/retry-delays.ts';
import { bodyOf } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { goneSignal } from '../gone.ts';
import { takenJobText } from '../render.ts';
import { sendJson } from '../reply.ts';
import { OutcomeBodies, readOutcomes, settledBody } from './outcomes.ts';

export const TakeBody = checker(
	Type.Object(
		{
			topics: Type.Array(TopicName, { minItems: 1, maxItems: LIMITS.takeTopics }),
			max: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.batch })),
			waitMs: Type.Optional(Type.Integer({ minimum: 0, maximum: LIMITS.maxWaitMs })),
			leaseMs: Type.Optional(LeaseMs),
			requestId: Type.Optional(Key),
			worker: Type.Optional(Name),
			marks: Type.Optional(Type.Boolean()),
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
	settled?: object[];
	/** Jobs of these topics that were cancelled during the wait. */
	cancelled?: string[];
}

/** POST /v1/take: settles what the worker has done, then gives it jobs, waiting for the first if it says so. */
export function takeRoute(app: FastifyInstance, context: ServerContext): void {
	app.post('/v1/take', async (request, reply) => {
		const take = await readTake(request, context);
		const gone = take.waitMs > 0 ? goneSignal(request, reply) : undefined;
		const { jobs, settled, cancelled = [] } = await takeJobs(take, context, gone);
		const isGivenBack = gone?.aborted === true && take.request.requestId === undefined;
		if (isGivenBack) await giveBack(jobs, context);
		// Who has hung up reads none of this; whose key has ended does.
		let text = `{"jobs":[${isGivenBack ? '' : jobs.map(takenJobText).join(',')}]`;
		if (settled !== undefined) text += `,"settled":${JSON.stringify(settled)}`;
		if (cancelled.length > 0) text += `,"cancelled":${JSON.stringify(cancelled)}`;
		return sendJson(reply, `${text}}`);
	});
}

async function readTake(request: FastifyRequest, context: ServerContext): Promise<Take> {
	const body = bodyOf(request);
	const { topics, max = 1, waitMs = 0, leaseMs, requestId, worker, marks, settle } = TakeBody.check(body.value);
	const outcomes = settle && readOutcomes(settle, member(body.text, 'settle') as RawJson, 'settle');
	return {
		request: {
			topics: [...new Set(topics)],
			max,
			leaseMs: leaseMs ?? (await context.topics.leaseMs(topics)),
			...(requestId === undefined ? {} : { requestId }),
			...(worker === undefined ? {} : { worker }),
			...(marks === undefined ? {} : { marks }),
		},
		isNew: requestId === undefined || request.headers['millrace-new-take'] === '1',
		waitMs,
		outcomes: outcomes && (await withRetryDelays(outcomes, context)),
	};
}

async function takeJobs(take: Take, context: ServerContext, gone: AbortSignal | undefined): Promise<Taken> {
	const { request, outcomes } = take;
	const { engine } = context;
	if (outcomes === undefined) {
		return gone === undefined ? { jobs: await engine.take(request) } : waitForJobs(take, context, gone);
	}
	const first = await engine.settleAndTake(outcomes, request);
	const settled = settledBody(outcomes, first.settled);
	if (gone === undefined || first.jobs.length > 0) return { jobs: first.jobs, settled };
	try {
		return { ...(await waitForJobs(take, context, gone)), settled };
	} catch (error) {
		// The outcomes are in. An error as the answer would say that nothing was done.
		context.log.warn({ err: error }, 'a take failed after it had settled; answered without jobs');
		return { jobs: [], settled };
	}
}

/** A worker that says its name hears at once of jobs cancelled meanwhile: some may be its own. */
async function waitForJobs(take: Take, { waiting, cancellations }: ServerContext, gone: AbortSignal): Promise<Taken> {
	const { request, isNew, waitMs } = take;
	if (request.worker === undefined) return { jobs: await waiting.take(request, { waitMs, signal: gone }, isNew) };
	const heard = cancellations.listen(request.topics);
	try {
		const signal = AbortSignal.any([gone, heard.signal]);
		return { jobs: await waiting.take(request, { waitMs, signal }, isNew), cancelled: heard.ids };
	} finally {
		heard.end();
	}
}

/** Jobs for a caller that has hung up go to the next one now, not when their lease ends. */
async function giveBack(jobs: TakenJob[], context: ServerContext): Promise<void> {
	if (jobs.length === 0) return;
	await context.engine.settle(jobs.map(({ id, token }) => ({ id, token, outcome: 'release' })));
}
