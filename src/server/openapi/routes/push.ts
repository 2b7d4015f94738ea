import Type from 'typebox';
import { JOB_STATES } from '../../../core/job.ts';
import { JobIdText, JobStateName, OneOf } from '../../../core/options.ts';
import { ManyJobs, OneJob } from '../../v1/push.ts';
import { BatchesBody } from '../../v1/push-batches.ts';
import { answer, described, nullable, type RouteDescription } from '../route.ts';
import { say } from '../schema.ts';
import { Durability, IDEMPOTENCY_KEY } from '../shapes/common.ts';
import { JOB_OPTIONS } from '../shapes/new-job.ts';

const UniqueAnswer = Type.Object(
	{
		outcome: OneOf(['free', 'kept', 'replaced', 'cancelled', 'queued', 'debounced']),
		holder: say(JobIdText, 'The job that has the key now.'),
		holderState: JobStateName,
		former: Type.Optional(JobIdText),
	},
	{ component: 'UniqueAnswer', about: 'What a push did about its unique key.' },
);

const StateOfNow = say(nullable(OneOf(JOB_STATES)), 'null for a job that has left the store.');

const Pushed = Type.Object({
	jobs: Type.Array(
		Type.Object({
			id: JobIdText,
			created: Type.Boolean({ description: 'Whether this push made the job.' }),
			state: StateOfNow,
			unique: Type.Optional(UniqueAnswer),
		}),
	),
	durability: Durability,
});

const BatchesPushed = Type.Object({
	batches: Type.Array(
		Type.Object({
			status: OneOf(['created', 'duplicate', 'conflict', 'full']),
			jobs: Type.Array(Type.Object({ id: JobIdText, state: StateOfNow, unique: Type.Optional(UniqueAnswer) })),
			durability: Type.Optional(say(Durability, 'What it reached, where it asked for a durability.')),
		}),
		{ description: 'In the order of the batches.' },
	),
	durability: Durability,
});

/** What may stand beside the jobs. */
const BESIDES = {
	idempotencyKey: 'The same push under the same key is stored once.',
	durability: 'Asks to be on a replica too; the answer tells what was reached.',
};

export const PUSH = {
	'POST /v1/topics/:topic/jobs': {
		id: 'push',
		tag: 'push',
		summary: 'Store jobs, all or none',
		headers: IDEMPOTENCY_KEY,
		body: {
			schema: Type.Union([
				described(ManyJobs.schema, { jobs: 'The jobs.', ...BESIDES }),
				described(OneJob.schema, { ...JOB_OPTIONS, ...BESIDES }),
			]),
		},
		answers: {
			200: answer('Nothing was stored: the same push was made before, or others have the unique keys.', Pushed),
			201: answer('Stored.', Pushed),
		},
		errors: ['IDEMPOTENCY_CONFLICT', 'TOPIC_FULL'],
	},
	'POST /v1/push': {
		id: 'pushBatches',
		tag: 'push',
		summary: 'Store batches for any topics, each of them whole or not at all',
		description: 'The batches hold at most as many jobs in all as one of them may.',
		body: { schema: described(BatchesBody.schema, { batches: 'The batches.' }) },
		answers: { 200: answer('What became of each batch.', BatchesPushed) },
	},
} satisfies Record<string, RouteDescription>;
