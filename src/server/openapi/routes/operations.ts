import { PageQuery } from '../../params.ts';
import { CancelBody } from '../../v1/cancelling.ts';
import { answer, described, type RouteDescription } from '../route.ts';
import { IDEMPOTENCY_KEY, PAGE_WORDS, pageOf } from '../shapes/common.ts';
import { AuditEntry, DryRun, Operation, OperationAnswer, OperationRequest } from '../shapes/operation.ts';

const ONE = answer('The operation as it is now.', OperationAnswer);

export const OPERATIONS = {
	'POST /v1/operations': {
		id: 'startOperation',
		tag: 'operations',
		summary: 'Act on many jobs, step by step in the background',
		headers: IDEMPOTENCY_KEY,
		body: { schema: OperationRequest },
		answers: {
			200: answer('A dry run: what it would be about.', DryRun),
			202: answer('It runs.', OperationAnswer),
		},
		errors: ['IDEMPOTENCY_CONFLICT'],
	},
	'GET /v1/operations': {
		id: 'listOperations',
		tag: 'operations',
		summary: 'List operations, the latest first',
		query: described(PageQuery.schema, PAGE_WORDS),
		answers: { 200: answer('One page.', pageOf('operations', Operation)) },
	},
	'GET /v1/operations/:id': {
		id: 'getOperation',
		tag: 'operations',
		summary: 'Look at an operation',
		answers: { 200: ONE },
		errors: ['NOT_FOUND'],
	},
	'POST /v1/operations/:id/cancel': {
		id: 'cancelOperation',
		tag: 'operations',
		summary: 'End an operation before its time',
		body: { schema: described(CancelBody.schema, { actor: 'Who ends it.', reason: 'Why.' }), isOptional: true },
		answers: { 200: ONE },
		errors: ['NOT_FOUND', 'WRONG_STATE'],
	},
	'GET /v1/audit': {
		id: 'readAudit',
		tag: 'operations',
		summary: 'Read what operators have done, the latest first',
		query: described(PageQuery.schema, PAGE_WORDS),
		answers: { 200: answer('One page.', pageOf('entries', AuditEntry)) },
	},
} satisfies Record<string, RouteDescription>;
