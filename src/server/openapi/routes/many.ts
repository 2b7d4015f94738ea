import Type, { type TSchema } from 'typebox';
import { JobIdText, JobStateName } from '../../../core/options.ts';
import { ActionBody, CancelManyBody, IdsBody } from '../../v1/batch.ts';
import { answer, described, nullable, type RouteDescription } from '../route.ts';
import { say } from '../schema.ts';
import { Explanation } from '../shapes/explanation.ts';
import { ListedJob } from '../shapes/job.ts';

const ids = 'The jobs.';
const states = 'Only jobs that are in one of these; others are refused. Default: any that the action starts from.';

const Ids = { schema: described(IdsBody.schema, { ids }) };
const Action = { schema: described(ActionBody.schema, { ids, states }) };

// What is asked about may be no id at all: it is as unknown as any other.
const Asked = Type.String();

const Results = answer(
	'What became of each, in the order of the ids.',
	Type.Object({
		results: Type.Array(
			Type.Union(
				[
					Type.Object({ id: Asked, status: Type.Literal('ok') }),
					Type.Object({ id: Asked, status: Type.Literal('missing') }),
					Type.Object({ id: Asked, status: Type.Literal('refused'), state: JobStateName }),
					Type.Object({ id: Asked, status: Type.Literal('held'), by: say(JobIdText, 'Who has the unique key.') }),
				],
				{ component: 'ActionResult', about: 'What became of an action on one job.' },
			),
		),
	}),
);

function inOrder(name: string, one: TSchema) {
	const list = Type.Array(nullable(one), { description: 'In the order of the ids; null for one that is not there.' });
	return answer('What there is.', Type.Object({ [name]: list }));
}

export const MANY_JOBS = {
	'POST /v1/jobs/lookup': {
		id: 'getJobs',
		tag: 'jobs',
		summary: 'Look at jobs',
		body: Ids,
		answers: { 200: inOrder('jobs', ListedJob) },
	},
	'POST /v1/jobs/explain': {
		id: 'explainJobs',
		tag: 'jobs',
		summary: 'Say why jobs do or do not run',
		body: Ids,
		answers: { 200: inOrder('explanations', Explanation) },
	},
	'POST /v1/jobs/retry': {
		id: 'retryJobs',
		tag: 'jobs',
		summary: 'Let dead or cancelled jobs wait again',
		body: Action,
		answers: { 200: Results },
	},
	'POST /v1/jobs/promote': {
		id: 'promoteJobs',
		tag: 'jobs',
		summary: 'Let delayed jobs wait now',
		body: Ids,
		answers: { 200: Results },
	},
	'POST /v1/jobs/cancel': {
		id: 'cancelJobs',
		tag: 'jobs',
		summary: 'Cancel jobs that have not ended',
		body: {
			schema: described(CancelManyBody.schema, { ids, states, actor: 'Who cancels them.', reason: 'Why.' }),
		},
		answers: { 200: Results },
	},
	'POST /v1/jobs/delete': {
		id: 'deleteJobs',
		tag: 'jobs',
		summary: 'Forget jobs that no worker holds',
		body: Action,
		answers: { 200: Results },
	},
} satisfies Record<string, RouteDescription>;
