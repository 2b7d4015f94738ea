import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { checkId, checkTopic } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { CLOSED, Group, JobStateName, TopicName } from '../core/options.ts';
import { type Checker, checker } from '../core/validate.ts';

/** The topic in the path. @throws INVALID */
export function topicParam(request: FastifyRequest): string {
	return checkTopic((request.params as { topic: string }).topic);
}

const GroupCheck = checker(Group);

/** The group in the path. @throws INVALID */
export function groupParam(request: FastifyRequest): string {
	return GroupCheck.check((request.params as { group: string }).group, 'group');
}

/** The job id in the path. @throws INVALID */
export function idParam(request: FastifyRequest): string {
	const { id } = request.params as { id: string };
	checkId(id);
	return id;
}

const Limit = Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.pageSize }));
const Cursor = Type.Optional(Type.String());

export const SeedQuery = checker(Type.Object({ topic: TopicName }, CLOSED), 'query');
export const PageQuery = checker(Type.Object({ cursor: Cursor, limit: Limit }, CLOSED), 'query');
export const JobsQuery = checker(Type.Object({ state: JobStateName, cursor: Cursor, limit: Limit }, CLOSED), 'query');
export const ResultQuery = checker(
	Type.Object({ waitMs: Type.Optional(Type.Integer({ minimum: 0, maximum: LIMITS.maxWaitMs })) }, CLOSED),
	'query',
);
export const NoQuery = checker(Type.Object({}, CLOSED), 'query');

const NUMBERS = ['limit', 'waitMs'];

/** A query string, checked. Its `limit` and `waitMs` are numbers when they are written as such. @throws INVALID */
export function queryOf<T>(request: FastifyRequest, query: Checker<T>): T {
	const given = { ...(request.query as Record<string, unknown>) };
	for (const name of NUMBERS) {
		const text = given[name];
		if (typeof text === 'string' && /^-?\d{1,15}$/.test(text)) given[name] = Number(text);
	}
	return query.check(given);
}

/** Where a page starts and how long it is. An empty cursor is the first page, as an absent one is. */
export function pageOf(query: { cursor?: string; limit?: number }): { cursor: string | null; limit: number } {
	return { cursor: query.cursor || null, limit: query.limit ?? LIMITS.defaultPageSize };
}
