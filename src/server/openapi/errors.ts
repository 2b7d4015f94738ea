import Type, { type TSchema } from 'typebox';
import { ERROR_CODES, type ErrorCode } from '../../core/errors.ts';
import { OneOf } from '../../core/options.ts';
import type { JsonSchema } from './schema.ts';

/** What any request may be answered, whatever it asks for. */
const ALWAYS: readonly ErrorCode[] = [
	'INVALID',
	'REQUEST_TIMEOUT',
	'TOO_LARGE',
	'UNSUPPORTED_MEDIA_TYPE',
	'HEADERS_TOO_LARGE',
	'INTERNAL',
	'STORE_REFUSED',
	'UNAVAILABLE',
	'AMBIGUOUS',
	'CLOSED',
	'STORE_FULL',
];

/** … where it needs a key. */
const WITH_KEYS: readonly ErrorCode[] = ['UNAUTHENTICATED', 'FORBIDDEN', 'TOO_MANY_REQUESTS'];

export const Problem = Type.Object(
	{
		type: Type.String({ description: 'Where the code is explained.' }),
		title: Type.String({ description: 'What the code means.' }),
		status: Type.Integer({ description: 'That of the answer.' }),
		detail: Type.String({ description: 'What happened, what was received and what to do.' }),
		code: OneOf(Object.keys(ERROR_CODES)),
		field: Type.Optional(Type.String({ description: 'Where the refused value stood: `jobs[0].priority`.' })),
		value: Type.Optional(Type.Unknown({ description: 'The refused value, or a short form of it.' })),
	},
	{ component: 'Problem', about: 'An error, as RFC 9457 has it. `code` is stable; docs/errors.md explains each.' },
);

export const SeedError = Type.Object(
	{ message: Type.String({ description: 'What happened, what was received and what to do.' }) },
	{ component: 'SeedError', about: 'An error of the original API.' },
);

/** Error answers, each written once however many routes give it. */
export class ErrorAnswers {
	readonly responses: Record<string, JsonSchema> = {};
	readonly #of: (schema: TSchema) => JsonSchema;

	/** @param of publishes a schema */
	constructor(of: (schema: TSchema) => JsonSchema) {
		this.#of = of;
	}

	/** Those of a route, by status. @param errors that not every request may have */
	of(isSeed: boolean, isOpen: boolean, errors: readonly ErrorCode[] = []): Record<string, JsonSchema> {
		const codes = [...ALWAYS, ...(isOpen ? [] : WITH_KEYS), ...errors];
		const statuses = [...new Set(codes.map((code) => ERROR_CODES[code].status))].sort((a, b) => a - b);
		return Object.fromEntries(
			statuses.map((status) => {
				const own = codes.filter((code) => ERROR_CODES[code].status === status);
				const name = `${isSeed ? 'seed.' : ''}${own.join('.')}`;
				this.responses[name] ??= isSeed ? this.#seed(own) : this.#problem(own);
				return [String(status), { $ref: `#/components/responses/${name}` }];
			}),
		);
	}

	#seed(codes: ErrorCode[]): JsonSchema {
		return { description: wordsOf(codes), content: { 'application/json': { schema: this.#of(SeedError) } } };
	}

	#problem(codes: ErrorCode[]): JsonSchema {
		const schema = { allOf: [this.#of(Problem)], properties: { code: { enum: codes } } };
		return { description: wordsOf(codes), content: { 'application/problem+json': { schema } } };
	}
}

function wordsOf(codes: ErrorCode[]): string {
	return codes.map((code) => `\`${code}\`: ${ERROR_CODES[code].title}.`).join(' ');
}
