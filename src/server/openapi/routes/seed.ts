import Type from 'typebox';
import { Instant, JobIdText } from '../../../core/options.ts';
import { SeedQuery } from '../../params.ts';
import { MarkBody, SeedPushBody } from '../../seed.ts';
import { SeedError } from '../errors.ts';
import { answer, described, type RouteDescription } from '../route.ts';
import { count, IDEMPOTENCY_KEY } from '../shapes/common.ts';

const fields = {
	jobId: JobIdText,
	createdAt: Instant,
	updatedAt: Instant,
	retryCount: count('How often it ran before.'),
};

const Message = { message: Type.String() };

const Pushed = Type.Object({ jobId: JobIdText, ...Message });

export const SEED = {
	'POST /api/jobs': {
		id: 'seedPush',
		tag: 'seed',
		summary: 'Add a job',
		headers: IDEMPOTENCY_KEY,
		body: {
			schema: described(SeedPushBody.schema, { job: 'The payload.', topic: 'The topic that it is added to.' }),
		},
		answers: { 200: answer('The same push was made before.', Pushed), 201: answer('Added.', Pushed) },
		errors: ['IDEMPOTENCY_CONFLICT', 'TOPIC_FULL'],
	},
	'GET /api/jobs/jobToRun': {
		id: 'seedTake',
		tag: 'seed',
		summary: 'Take the next job',
		query: described(SeedQuery.schema, { topic: 'The topic.' }),
		answers: {
			200: answer(
				'The job: four fields, then those of its payload.',
				Type.Object({ job: Type.Object(fields, { additionalProperties: true }), ...Message }),
			),
			404: answer('There is no job to run.', SeedError),
		},
	},
	'POST /api/jobs/mark': {
		id: 'seedMark',
		tag: 'seed',
		summary: 'Complete a job that was taken',
		body: {
			schema: described(MarkBody.schema, {
				jobId: 'The job.',
				topic: 'Its topic.',
				token: 'Only this delivery is completed. Default: the one under way.',
			}),
		},
		answers: {
			200: answer('Completed.', Type.Object({ ...Message, job: Type.Object(fields) })),
			404: answer('The job is not active.', SeedError),
		},
	},
} satisfies Record<string, RouteDescription>;
