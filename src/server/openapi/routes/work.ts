import Type from 'typebox';
import { Instant, JobIdText, JobStateName } from '../../../core/options.ts';
import { ExtendBody } from '../../v1/extend.ts';
import { SettleBody } from '../../v1/settle.ts';
import { TakeBody } from '../../v1/take.ts';
import { answer, described, type RouteDescription } from '../route.ts';
import { TakenJob } from '../shapes/job.ts';
import { lateStatus } from '../shapes/late.ts';

const Settled = Type.Array(
	Type.Union(
		[
			Type.Object({ id: JobIdText, status: Type.Literal('ok'), state: JobStateName, at: Instant }),
			Type.Object({ id: JobIdText, status: lateStatus }),
		],
		{ component: 'Settled', about: 'What became of an outcome.' },
	),
	{ description: 'In the order of the outcomes.' },
);

const Extended = Type.Array(
	Type.Union([
		Type.Object({ id: JobIdText, status: Type.Literal('ok'), leaseExpiresAt: Instant }),
		Type.Object({ id: JobIdText, status: lateStatus }),
	]),
	{ description: 'In the order of the leases.' },
);

const Taken = Type.Object({
	jobs: Type.Array(TakenJob),
	settled: Type.Optional(Settled),
	cancelled: Type.Optional(
		Type.Array(JobIdText, { description: 'Active jobs of these topics that were cancelled during the wait.' }),
	),
});

export const WORK = {
	'POST /v1/take': {
		id: 'take',
		tag: 'work',
		summary: 'Take waiting jobs under a lease, settling others first',
		headers: {
			'Millrace-New-Take': Type.Union([Type.Literal('1')], {
				description: 'No request under this `requestId` can have taken anything so far.',
			}),
		},
		body: {
			schema: described(TakeBody.schema, {
				topics: 'Jobs of the first come first.',
				max: 'Most jobs. Default 1.',
				waitMs: 'How long to wait for the first job. Default 0.',
				leaseMs: "Default: the longest that these topics set, else the server's.",
				requestId: 'The same take repeated gives the same jobs, as long as their lease. Default: none.',
				worker: 'Who takes them. Default: none.',
				marks: 'The worker says of each job when it starts it. Default false.',
				settle: 'Outcomes that are applied first.',
			}),
		},
		answers: { 200: answer('The jobs, perhaps none.', Taken) },
	},
	'POST /v1/settle': {
		id: 'settle',
		tag: 'work',
		summary: 'End deliveries',
		body: { schema: described(SettleBody.schema, { outcomes: 'How each ends.' }) },
		answers: { 200: answer('What became of each outcome.', Type.Object({ settled: Settled })) },
	},
	'POST /v1/extend': {
		id: 'extend',
		tag: 'work',
		summary: 'Prolong leases, or shorten them',
		body: {
			schema: described(ExtendBody.schema, { leases: 'The leases.', leaseMs: 'They end so long from now.' }),
		},
		answers: { 200: answer('What became of each lease.', Type.Object({ leases: Extended })) },
	},
} satisfies Record<string, RouteDescription>;
