import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { describeApi } from '../../src/server/openapi/document.ts';

/** JSON Schema as it comes: its shape is what the fuzzer walks. */
export type Schema = ReturnType<typeof JSON.parse>;

export interface Parameter {
	name: string;
	in: 'path' | 'query' | 'header';
	required: boolean;
	schema: Schema;
}

/** One route as the published description has it. */
export interface Route {
	/** `POST /v1/topics/{topic}/jobs` */
	name: string;
	method: string;
	path: string;
	parameters: Parameter[];
	body: { schema: Schema; required: boolean } | undefined;
	/** Nobody needs a key for it. */
	isOpen: boolean;
	fits: ValidateFunction | undefined;
	/** By status; undefined for an answer without a body. */
	answers: Map<number, ValidateFunction | undefined>;
}

const api: Schema = closed(JSON.parse(JSON.stringify(describeApi())));

const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false });
ajv.addSchema(api, 'api');

export const ROUTES: Route[] = Object.entries<Schema>(api.paths).flatMap(([path, methods]) =>
	Object.entries<Schema>(methods).map(([method, operation]) => routeOf(path, method, operation)),
);

/** What a reference leads to. */
export function resolve(schema: Schema): Schema {
	if (typeof schema.$ref !== 'string') return schema;
	return schema.$ref
		.split('/')
		.slice(1)
		.reduce((found: Schema, step: string) => found[step], api);
}

/** Clients are told that answers may gain fields; the fuzzer wants to know of every one. */
function closed(schema: Schema): Schema {
	if (typeof schema !== 'object' || schema === null) return schema;
	for (const one of Object.values(schema)) closed(one);
	const isShape = schema.type === 'object' && Object.keys(schema.properties ?? {}).length > 0;
	if (isShape) schema.additionalProperties ??= false;
	return schema;
}

function routeOf(path: string, method: string, operation: Schema): Route {
	const { parameters = [], requestBody, responses, security } = operation;
	const content = requestBody?.content['application/json'].schema;
	const at = `api#/paths/${encodeURIComponent(path.replaceAll('~', '~0').replaceAll('/', '~1'))}/${method}`;
	const answers = Object.entries<Schema>(responses).map(([status, answer]) => {
		const { content: types } = resolve(answer);
		if (types === undefined) return [Number(status), undefined] as const;
		const type = Object.keys(types)[0]?.replaceAll('/', '~1');
		const place = answer.$ref === undefined ? `${at}/responses/${status}` : `api${answer.$ref}`;
		return [Number(status), ajv.compile({ $ref: `${place}/content/${type}/schema` })] as const;
	});
	return {
		name: `${method.toUpperCase()} ${path}`,
		method: method.toUpperCase(),
		path,
		parameters,
		body: content && { schema: content, required: requestBody.required },
		isOpen: security.length === 0,
		fits: content && ajv.compile({ $ref: `${at}/requestBody/content/application~1json/schema` }),
		answers: new Map(answers),
	};
}
