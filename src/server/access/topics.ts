import type { FastifyRequest } from 'fastify';
import { EVERY_TOPIC } from '../../core/access.ts';
import { parseId } from '../../core/ids.ts';
import type { Operations } from '../../core/operation.ts';
import type { JsonBody } from '../body.ts';

/**
 * Finds the topics that a request is about, before it has been checked: what is no text is passed over, for its route refuses it.
 * `EVERY_TOPIC` where it is about no one in particular. They are found in the very value that the route reads later.
 */
export type TopicsOf = (request: FastifyRequest, operations: Operations) => Found | Promise<Found>;

type Found = string[] | typeof EVERY_TOPIC;

export const everyTopic: TopicsOf = () => EVERY_TOPIC;

/** In the path, as `:topic`; */
export const topicInPath: TopicsOf = ({ params }) => textsAt(params, 'topic');

/** as `:id` of a job; */
export const jobInPath: TopicsOf = ({ params }) => textsAt(params, 'id').map(topicOf);

/** or as `:id` of an operation, whose topics are those that were allowed when it began. */
export const operationInPath: TopicsOf = async ({ params }, operations) => {
	const [id] = textsAt(params, 'id');
	const operation = id === undefined ? null : await operations.get(id);
	if (operation === null) return [];
	return operation.to === null ? [operation.filter.topic] : [operation.filter.topic, operation.to];
};

/** In the query string, as `?topic=`. */
export const topicInQuery = ({ query }: FastifyRequest): string[] => textsAt(query, 'topic');

/** @param where the fields of the body, such as `batches.topic`, that hold topics or ids of jobs, alone or in arrays */
export function inBody(where: { topics?: string[]; ids?: string[] }): (request: FastifyRequest) => string[] {
	const { topics = [], ids = [] } = where;
	return ({ body }) => {
		const value = (body as JsonBody | undefined)?.value;
		const named = topics.flatMap((path) => textsAt(value, path));
		const found = ids.flatMap((path) => textsAt(value, path)).map(topicOf);
		return [...new Set([...named, ...found])];
	};
}

/** Of a text that is no id the whole: hardly any key allows it, and with one that does the route refuses it. */
function topicOf(id: string): string {
	return parseId(id)?.topic ?? id;
}

/** Where a request that names no topic is about all of them. */
export function orEvery(topicsOf: (request: FastifyRequest) => string[]): TopicsOf {
	return (request) => {
		const found = topicsOf(request);
		return found.length === 0 ? EVERY_TOPIC : found;
	};
}

function textsAt(value: unknown, path: string): string[] {
	let found: unknown[] = [value];
	for (const step of path.split('.')) {
		found = found.flat().map((one) => (typeof one === 'object' && one !== null ? Reflect.get(one, step) : undefined));
	}
	return found.flat().filter((one) => typeof one === 'string');
}
