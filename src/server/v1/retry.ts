import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { member, type RawJson } from '../../core/json.ts';
import { CLOSED } from '../../core/options.ts';
import { jobAgain } from '../../core/terms.ts';
import { TRANSITIONS } from '../../core/transitions.ts';
import { checker } from '../../core/validate.ts';
import { bodyOrNothing } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { idempotencyOf } from '../idempotency.ts';
import { pushBatch, single } from '../pushing.ts';
import { heldBy, noSuchJob, sendJob, wrongState } from './one-job.ts';

export const RetryBody = checker(Type.Object({ data: Type.Optional(Type.Unknown()) }, CLOSED));

/** The payload that a retry brings, as it was written; undefined for a retry of the job as it is. */
export function readNewData(request: FastifyRequest): RawJson | undefined {
	const { value, text } = bodyOrNothing(request);
	RetryBody.check(value);
	return member(text, 'data');
}

/**
 * Pushes another job with the options of a dead or cancelled one; that stays as it is.
 * @throws NOT_FOUND, WRONG_STATE, IDEMPOTENCY_CONFLICT, TOPIC_FULL
 */
export async function retryWithData(
	{ engine, audit }: ServerContext,
	reply: FastifyReply,
	{ id, data, key }: { id: string; data: RawJson; key: string | undefined },
): Promise<FastifyReply> {
	const job = single(await engine.getJobs([id]));
	if (job === null) throw noSuchJob(id);
	if (!TRANSITIONS.requeue.from.some((state) => state === job.state)) {
		throw wrongState(id, `Job ${id} is ${job.state}; only a dead or cancelled job can be retried`);
	}
	const pushed = await pushBatch(engine, {
		topic: job.topic,
		jobs: [jobAgain(job, data)],
		...(key === undefined ? {} : { idempotency: idempotencyOf(key, job.topic, `${id} ${data}`) }),
	});
	const { id: nextId, unique } = single(pushed.jobs);
	const next = single(await engine.getJobs([nextId]));
	// A repetition says nothing of the key, but whose job it names.
	if (unique?.outcome === 'kept' || (next !== null && next.parent !== id)) throw heldBy(id, nextId);
	if (pushed.created) {
		await audit({ actor: null, action: 'job.retry', target: id, details: { jobs: 1, ids: [id], as: nextId } });
	}
	return sendJob(next, reply.code(pushed.created ? 201 : 200));
}
