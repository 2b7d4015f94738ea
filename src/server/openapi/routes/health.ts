import Type from 'typebox';
import { DEFECT_CODES } from '../../../core/doctor.ts';
import { LIMITS } from '../../../core/limits.ts';
import { OneOf } from '../../../core/options.ts';
import { DoctorQuery, RepairBody } from '../../v1/doctor.ts';
import { answer, described, nullable, type RouteDescription } from '../route.ts';
import { say } from '../schema.ts';
import { count, Durability, Text } from '../shapes/common.ts';

const Examined = Type.Object({
	examined: count('Jobs and entries that were looked at.'),
	defects: Type.Array(
		Type.Object({
			code: OneOf(DEFECT_CODES),
			target: Type.String({ description: 'Where it is.' }),
			message: Type.String({ description: 'What is wrong, and what was done about it.' }),
			repaired: Type.Boolean(),
		}),
	),
	nextCursor: say(nullable(Text), 'Where the next step begins; null when the topic has been gone through.'),
});

const Ready = Type.Object({
	status: Type.Literal('ok'),
	store: Type.String({ description: '`memory`, `sqlite`, `redis` or `custom`.' }),
	durability: Durability,
	notices: Type.Array(
		Type.Object({ code: OneOf(['loses_answered', 'may_evict', 'emptied', 'set_back']), message: Type.String() }),
		{ description: 'What an operator should know of the store.' },
	),
});

const STEP = {
	topic: 'The topic. Default: what stands in the store and belongs to none.',
	cursor: '`nextCursor` of the step before. Default: the first step.',
	limit: `Most jobs and entries that are looked at. Default ${LIMITS.defaultExaminationStep}.`,
};

const FOUND = answer('What was found.', Examined);

export const HEALTH = {
	'GET /v1/doctor': {
		id: 'examine',
		tag: 'health',
		summary: 'Say whether records and indexes agree, one step',
		query: described(DoctorQuery.schema, STEP),
		answers: { 200: FOUND },
	},
	'POST /v1/doctor': {
		id: 'repair',
		tag: 'health',
		summary: 'Mend what can be mended for certain, one step',
		body: { schema: described(RepairBody.schema, { ...STEP, repair: 'Always true.' }) },
		answers: { 200: FOUND },
	},
	'GET /livez': {
		id: 'isAlive',
		tag: 'health',
		summary: 'Whether the process serves requests',
		answers: { 200: answer('It does.', Type.Object({ status: Type.Literal('ok') })) },
	},
	'GET /readyz': {
		id: 'isReady',
		tag: 'health',
		summary: 'Whether the store answers',
		answers: { 200: answer('It does.', Ready) },
	},
	'GET /openapi.json': {
		id: 'getDescription',
		tag: 'health',
		summary: 'This description of the API',
		answers: { 200: answer('OpenAPI 3.1.', Type.Object({ openapi: Type.String() }, { additionalProperties: true })) },
	},
} satisfies Record<string, RouteDescription>;
