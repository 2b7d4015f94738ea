import { readFileSync } from 'node:fs';
import type { TSchema } from 'typebox';
import Type from 'typebox';
import { Group, JobIdText, TopicName } from '../../core/options.ts';
import { ROUTES, type RouteName } from '../access/routes.ts';
import { ErrorAnswers } from './errors.ts';
import type { Answer, RouteDescription, Tag } from './route.ts';
import { DESCRIPTIONS } from './routes.ts';
import { Components, type JsonSchema, say } from './schema.ts';
import { DEFINITIONS } from './shapes/new-job.ts';

const TAGS: Record<Tag, string> = {
	seed: 'The three endpoints of the original API, which never change.',
	push: 'Adding jobs.',
	work: 'Taking jobs and ending their deliveries.',
	jobs: 'Looking at jobs, and acting on them.',
	topics: 'Lines of jobs, and how they behave.',
	groups: 'The tenants of a topic.',
	operations: 'Acting on many jobs at once, and what was done.',
	keys: 'Who may call, and for what.',
	health: 'Whether all is well.',
};

/** What the parameters of paths are, by their names; `:id` means a job under /v1/jobs only. */
const PARAMETERS: Record<string, TSchema> = {
	topic: say(TopicName, 'The topic.'),
	group: say(Group, 'The group, percent-encoded.'),
	id: Type.String({ description: 'The id.' }),
};

const ABOUT =
	"docs/http.md says the same in words, and more. Times are epoch milliseconds by the store's clock and end in `At`; " +
	'durations end in `Ms`. No answer may be cached.';

const KEY = 'A key with one of these scopes on the topics of the request. A server that has no keys wants none.';

/** The whole HTTP API as an OpenAPI 3.1 document, made from the schemas that requests are checked by. */
export function describeApi(): JsonSchema {
	const components = new Components(DEFINITIONS);
	const errors = new ErrorAnswers((schema) => components.of(schema));
	const paths: Record<string, JsonSchema> = {};
	for (const route of Object.keys(ROUTES) as RouteName[]) {
		const [method = '', url = ''] = route.split(' ');
		const path = url.replace(/:(\w+)/g, '{$1}');
		paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(route, components, errors) };
	}
	return {
		openapi: '3.1.1',
		info: {
			title: 'Millrace',
			version: version(),
			summary: 'A distributed job queue.',
			description: ABOUT,
			license: { name: 'MIT', identifier: 'MIT' },
		},
		servers: [{ url: '/' }],
		tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
		paths,
		components: {
			schemas: sorted(components.schemas),
			responses: sorted(errors.responses),
			securitySchemes: { key: { type: 'http', scheme: 'bearer', description: KEY } },
		},
	};
}

function operationOf(route: RouteName, components: Components, errors: ErrorAnswers): JsonSchema {
	const { id, tag, summary, description, body, answers, errors: own }: RouteDescription = DESCRIPTIONS[route];
	const { scopes } = ROUTES[route];
	const parameters = parametersOf(route, components);
	return {
		operationId: id,
		tags: [tag],
		summary,
		...(description === undefined ? {} : { description }),
		security: scopes.map((scope) => ({ key: [scope] })),
		...(parameters.length === 0 ? {} : { parameters }),
		...(body === undefined
			? {}
			: {
					requestBody: {
						required: body.isOptional !== true,
						content: { 'application/json': { schema: components.of(body.schema) } },
					},
				}),
		responses: {
			...errors.of(tag === 'seed', scopes.length === 0, own),
			...answersOf(answers, components),
		},
	};
}

function parametersOf(route: RouteName, components: Components): JsonSchema[] {
	const { query, headers = {} }: RouteDescription = DESCRIPTIONS[route];
	const inPath = [...route.matchAll(/:(\w+)/g)].map(([, name = '']) => {
		const isJob = route.includes('/v1/jobs/:id');
		const schema = isJob && name === 'id' ? say(JobIdText, 'The job.') : (PARAMETERS[name] ?? Type.Unknown());
		return { name, in: 'path', required: true, schema: components.of(schema) };
	});
	const inQuery = Object.entries(query?.properties ?? {}).map(([name, schema]) => {
		const required = query?.required?.includes(name) === true;
		return { name, in: 'query', required, schema: components.of(schema) };
	});
	const inHeader = Object.entries(headers).map(([name, schema]) => {
		return { name, in: 'header', required: false, schema: components.of(schema) };
	});
	return [...inPath, ...inQuery, ...inHeader];
}

function answersOf(answers: Readonly<Record<number, Answer>>, components: Components): Record<string, JsonSchema> {
	return Object.fromEntries(
		Object.entries(answers).map(([status, { description, schema }]) => {
			const content = schema && { content: { 'application/json': { schema: components.of(schema) } } };
			return [status, { description, ...content }];
		}),
	);
}

function sorted<T>(named: Record<string, T>): Record<string, T> {
	return Object.fromEntries(Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function version(): string {
	const file = new URL('../../../package.json', import.meta.url);
	return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
