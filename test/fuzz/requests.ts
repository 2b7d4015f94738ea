import fc from 'fast-check';
import type { Route, Schema } from './api.ts';
import { fitting, oneTime } from './arbitrary.ts';
import type { World } from './world.ts';

/** A request, as it goes over the wire. */
export interface Request {
	route: Route;
	/** Without the query. */
	path: string;
	query: string;
	headers: Record<string, string>;
	body?: string | Buffer;
	/** What the body was written from. */
	value?: Schema;
}

/** Longer bodies are refused for their length. */
const MOST_BYTES = 250_000;

/** Requests of a route that fit its schema. */
export function requestsOf(route: Route, world: World): fc.Arbitrary<Request> {
	const parts = route.parameters.map((parameter) => {
		const { name, required } = parameter;
		const isThere = required ? fc.constant(true) : fc.boolean();
		return fc.tuple(
			fc.constant(parameter),
			parameterOf(route, parameter, world),
			isThere.map((is) => is || name === 'topic'),
		);
	});
	const body = route.body === undefined ? fc.constant(undefined) : bodyOf(route, world);
	return fc.tuple(fc.tuple(...parts), body).map(([given, value]) => {
		const found = (place: string) => given.filter(([{ in: at }, , isThere]) => at === place && isThere);
		let path = route.path;
		for (const [{ name }, one] of found('path')) path = path.replace(`{${name}}`, encodeURIComponent(String(one)));
		const query = new URLSearchParams();
		for (const [{ name }, one] of found('query')) query.set(name, String(one));
		const headers = Object.fromEntries(found('header').map(([{ name }, one]) => [name, String(one)]));
		if (typeof value === 'object' && value !== null && 'idempotencyKey' in value) delete headers['Idempotency-Key'];
		const request = { route, path, query: query.toString(), headers };
		const text = JSON.stringify(value);
		return text === undefined || text.length > MOST_BYTES ? request : withBody({ ...request, value }, text);
	});
}

export function withBody(request: Request, body: string | Buffer): Request {
	return { ...request, body, headers: { 'content-type': 'application/json', ...request.headers } };
}

function bodyOf({ body, name }: Route, world: World): fc.Arbitrary<Schema> {
	const value = fitting(body?.schema, world).map((one: Schema) => {
		if (name.endsWith('/pause') && one?.until !== undefined) return { until: one.until };
		if (name.endsWith('/mark')) return { ...one, topic: String(one.jobId).split(':')[0] };
		return 'data' in Object(one) ? oneTime(one) : one;
	});
	return body?.required ? value : fc.option(value, { nil: undefined });
}

function parameterOf(
	{ name: route, path }: Route,
	{ name, in: place, schema }: Schema,
	world: World,
): fc.Arbitrary<unknown> {
	if (name === 'waitMs') return fc.constantFrom(0, 1, 5);
	if (name === 'cursor') return cursors(path, world);
	if (name === 'Idempotency-Key') return fc.constantFrom('a', 'b', ' c ~').map((key) => key.trim());
	if (name === 'id' && route.includes('/operations/'))
		return fitting({ $ref: '#/components/schemas/OperationId' }, world);
	if (name === 'id' && route.includes('/keys/')) return fitting({ $ref: '#/components/schemas/KeyId' }, world);
	return fitting(schema, world).map((one) => (place === 'query' && one === null ? '' : one));
}

function cursors(path: string, world: World): fc.Arbitrary<string> {
	return fc.nat().map((index) => {
		const found = world.cursors.get(path) ?? [];
		return found[index % Math.max(1, found.length)] ?? '';
	});
}
