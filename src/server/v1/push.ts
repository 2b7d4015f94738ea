import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { MillraceError } from '../../core/errors.ts';
import { items, type Member, type RawJson } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { CLOSED, type JobOptions, JobOptionsSchema, jobFields, Key, newJob } from '../../core/options.ts';
import { checker, pathOf } from '../../core/validate.ts';
import { bodyOf, type JsonBody } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { envelope, rawOf, refuseDuplicates } from '../envelope.ts';
import { idempotencyOf, keyOf } from '../idempotency.ts';
import { topicParam } from '../params.ts';
import { pushBatch } from '../pushing.ts';
import { sendJson } from '../reply.ts';

const idempotencyKey = Type.Optional(Key);

const OneJob = checker(Type.Object({ ...jobFields, idempotencyKey }, CLOSED));

const ManyJobs = checker(
	Type.Object({ jobs: Type.Array(JobOptionsSchema, { minItems: 1, maxItems: LIMITS.batch }), idempotencyKey }, CLOSED),
);

/** A push as the caller wrote it. */
interface Push {
	jobs: { options: JobOptions; data: RawJson; at: string }[];
	key: string | undefined;
	/** What a repetition must equal. */
	pushed: string;
}

/** POST /v1/topics/{topic}/jobs: all the jobs are stored, or none. */
export function pushRoute(app: FastifyInstance, { engine, topics }: ServerContext): void {
	app.post('/v1/topics/:topic/jobs', async (request, reply) => {
		const topic = topicParam(request);
		const { jobs, key, pushed } = readPush(request);
		const defaults = { maxAttempts: await topics.maxAttempts(topic) };
		const result = await pushBatch(engine, {
			topic,
			jobs: jobs.map(({ options, data, at }) => newJob(options, data, defaults, at)),
			...(key === undefined ? {} : { idempotency: idempotencyOf(key, topic, pushed) }),
		});
		const { created } = result;
		const answer = result.jobs.map(({ id, state }) => ({ id, created, state }));
		reply.code(created ? 201 : 200);
		return sendJson(reply, JSON.stringify({ jobs: answer, durability: engine.durability }));
	});
}

function readPush(request: FastifyRequest): Push {
	const body = bodyOf(request);
	const many = typeof body.value === 'object' && body.value !== null && 'jobs' in body.value;
	const { jobs, key, found } = many ? readMany(body) : readOne(body);
	const pushed = found.filter((member) => member.key !== 'idempotencyKey').map((member) => member.text);
	return { jobs, key: keyOf(request, key), pushed: pushed.join(',') };
}

function readOne(body: JsonBody): { jobs: Push['jobs']; key: string | undefined; found: Member[] } {
	const { idempotencyKey: key, ...options } = OneJob.check(body.value);
	const found = envelope(body.text);
	return { jobs: [{ options, data: payloadOf(found, ''), at: '' }], key, found };
}

function readMany(body: JsonBody): { jobs: Push['jobs']; key: string | undefined; found: Member[] } {
	const { jobs, idempotencyKey: key } = ManyJobs.check(body.value);
	const found = envelope(body.text);
	const texts = items(rawOf(found, 'jobs') ?? lost('jobs'));
	const read = jobs.map((options, index) => {
		const at = pathOf('jobs', index);
		return { options, data: payloadOf(envelope(texts[index] ?? lost(at), at), at), at };
	});
	return { jobs: read, key, found };
}

function payloadOf(job: Member[], at: string): RawJson {
	const backoff = rawOf(job, 'backoff');
	if (backoff !== undefined) refuseDuplicates(backoff, [], pathOf(at, 'backoff'));
	return rawOf(job, 'data') ?? lost(pathOf(at, 'data'));
}

/** Parsed and raw form are two views of one text: what the one has, the other has. */
function lost(what: string): never {
	throw new MillraceError('INTERNAL', `A checked body has lost its ${what}`);
}
