import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { checkId, checkTopic } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { CLOSED, JobStateName, TopicName } from '../core/options.ts';
import { type Checker, checker } from '../core/validate.ts';

/** The topic in the path. @throws INVALID */
export function topicParam(request: FastifyRequest): string {
	return checkTopic((request.params as { topic: string }).topic);
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
export const NoQuery = checker(Type.Object({}, CLOSED), 'query');

/** A query string, checked. Its `limit` is a number when it is written as one. @throws INVALID */
export function queryOf<T>(request: FastifyRequest, query: Checker<T>): T {
	const given = { ...(request.query as Record<string, unknown>) };
	if (typeof given.limit === 'string' && /^-?\d{1,15}$/.test(given.limit)) given.limit = Number(given.limit);
	return query.check(given);
}

/** Where a page starts and how long it is. An empty cursor is the first page, as an absent one is. */
export function pageOf(query: { cursor?: string; limit?: number }): { cursor: string | null; limit: number } {
	return { cursor: query.cursor || null, limit: query.limit ?? LIMITS.defaultPageSize };
}
