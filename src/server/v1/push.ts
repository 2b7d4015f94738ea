import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { newJob } from '../../core/job-options.ts';
import { type Member, members } from '../../core/json.ts';
import { CLOSED, jobFields } from '../../core/options.ts';
import { checker } from '../../core/validate.ts';
import { bodyOf, type JsonBody } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { idempotencyOf, keyOf } from '../idempotency.ts';
import { topicParam } from '../params.ts';
import { isNew, pushBatch } from '../pushing.ts';
import { sendJson } from '../reply.ts';
import { asides, JobList, type JobRead, type PushRead, payloadOf, pushedText, readJobs } from './pushed.ts';

export const OneJob = checker(Type.Object({ ...jobFields, ...asides }, CLOSED));

export const ManyJobs = checker(Type.Object({ jobs: JobList, ...asides }, CLOSED));

interface Read {
	jobs: JobRead[];
	key: string | undefined;
	durability: PushRead['durability'];
	found: Member[];
}

/** POST /v1/topics/{topic}/jobs: all the jobs are stored, or none. */
export function pushRoute(app: FastifyInstance, { engine, topics }: ServerContext): void {
	app.post('/v1/topics/:topic/jobs', async (request, reply) => {
		const topic = topicParam(request);
		const { jobs, key, durability, pushed } = readPush(request);
		const defaults = { maxAttempts: await topics.maxAttempts(topic) };
		const result = await pushBatch(engine, {
			topic,
			jobs: jobs.map(({ options, data, at }) => newJob(options, data, defaults, at)),
			...(key === undefined ? {} : { idempotency: idempotencyOf(key, topic, pushed) }),
			...(durability === undefined ? {} : { durability }),
		});
		const answer = result.jobs.map((job) => {
			return { id: job.id, created: result.created && isNew(job), state: job.state, unique: job.unique };
		});
		reply.code(answer.some(({ created }) => created) ? 201 : 200);
		return sendJson(reply, JSON.stringify({ jobs: answer, durability: result.durability }));
	});
}

function readPush(request: FastifyRequest): PushRead {
	const body = bodyOf(request);
	const many = typeof body.value === 'object' && body.value !== null && 'jobs' in body.value;
	const { jobs, key, durability, found } = many ? readMany(body) : readOne(body);
	return { jobs, key: keyOf(request, key), durability, pushed: pushedText(found) };
}

function readOne(body: JsonBody): Read {
	const { idempotencyKey: key, durability, ...options } = OneJob.check(body.value);
	const found = members(body.text);
	return { jobs: [{ options, data: payloadOf(found, ''), at: '' }], key, durability, found };
}

function readMany(body: JsonBody): Read {
	const { jobs, idempotencyKey: key, durability } = ManyJobs.check(body.value);
	const found = members(body.text);
	return { jobs: readJobs(jobs, found), key, durability, found };
}
