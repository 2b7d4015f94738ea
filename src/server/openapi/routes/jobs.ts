import Type from 'typebox';
import { JobIdText, JobStateName } from '../../../core/options.ts';
import { ResultQuery } from '../../params.ts';
import { CancelBody } from '../../v1/cancelling.ts';
import { RetryBody } from '../../v1/retry.ts';
import { answer, described, nullable, type RouteDescription } from '../route.ts';
import { say } from '../schema.ts';
import { IDEMPOTENCY_KEY, payload, Text } from '../shapes/common.ts';
import { Explanation } from '../shapes/explanation.ts';
import { Job } from '../shapes/job.ts';

const Result = Type.Object({
	id: JobIdText,
	state: JobStateName,
	result: Type.Optional(payload('Of a completed job, if it has one.')),
	error: Type.Optional(payload('Of a dead job, if it has one.')),
	reason: Type.Optional(say(nullable(Text), 'Why it is dead, or why it was cancelled.')),
});

const ALL = answer('The job as it is now.', Job);
const GONE = answer('Done, and the job has left the store.', null);

export const JOBS = {
	'GET /v1/jobs/:id': {
		id: 'getJob',
		tag: 'jobs',
		summary: 'Look at a job',
		answers: { 200: ALL },
		errors: ['NOT_FOUND'],
	},
	'GET /v1/jobs/:id/result': {
		id: 'getResult',
		tag: 'jobs',
		summary: 'Wait for the end of a job',
		query: described(ResultQuery.schema, { waitMs: 'How long to wait for it. Default 0.' }),
		answers: { 200: answer('How it ended, or its state so far.', Result) },
		errors: ['NOT_FOUND'],
	},
	'DELETE /v1/jobs/:id': {
		id: 'deleteJob',
		tag: 'jobs',
		summary: 'Forget a job',
		answers: { 204: answer('Forgotten.', null) },
		errors: ['NOT_FOUND', 'WRONG_STATE'],
	},
	'POST /v1/jobs/:id/retry': {
		id: 'retryJob',
		tag: 'jobs',
		summary: 'Let a dead or cancelled job wait again, or push it again with other data',
		headers: IDEMPOTENCY_KEY,
		body: {
			schema: described(RetryBody.schema, {
				data: 'The job stays as it is, and another one is pushed with this payload, its options, and it as `parent`.',
			}),
			isOptional: true,
		},
		answers: {
			200: ALL,
			201: answer('The new job.', Job),
			204: GONE,
		},
		errors: ['NOT_FOUND', 'WRONG_STATE', 'IDEMPOTENCY_CONFLICT', 'TOPIC_FULL'],
	},
	'POST /v1/jobs/:id/promote': {
		id: 'promoteJob',
		tag: 'jobs',
		summary: 'Let a delayed job wait now, before its time',
		answers: { 200: ALL, 204: GONE },
		errors: ['NOT_FOUND', 'WRONG_STATE'],
	},
	'POST /v1/jobs/:id/cancel': {
		id: 'cancelJob',
		tag: 'jobs',
		summary: 'Cancel a job that has not ended',
		body: {
			schema: described(CancelBody.schema, { actor: 'Who cancels it.', reason: 'Why.' }),
			isOptional: true,
		},
		answers: { 200: ALL, 204: GONE },
		errors: ['NOT_FOUND', 'WRONG_STATE'],
	},
	'GET /v1/jobs/:id/explain': {
		id: 'explainJob',
		tag: 'jobs',
		summary: 'Say why a job does or does not run',
		answers: { 200: answer('Why.', Explanation) },
		errors: ['NOT_FOUND'],
	},
} satisfies Record<string, RouteDescription>;
