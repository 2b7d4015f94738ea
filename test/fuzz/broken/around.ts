import { withBody } from '../requests.ts';
import type { Breakage } from './breakage.ts';

const mediaType: Breakage = (request, luck) => {
	if (request.body === undefined) return undefined;
	const type =
		[
			'text/plain',
			'application/x-www-form-urlencoded',
			'application/json; charset=utf-16',
			'application/json5',
			'a/b; c',
			'',
		][luck % 6] ?? '';
	return {
		how: `content-type ${type}`,
		request: { ...request, headers: { ...request.headers, 'content-type': type } },
		statuses: [415],
	};
};

const noBody: Breakage = (request) => {
	if (!request.route.body?.required) return undefined;
	const { body: _, ...rest } = request;
	return { how: 'no body', request: rest, statuses: [400] };
};

const needlessBody: Breakage = (request) => {
	const { route } = request;
	if (route.body !== undefined || route.method === 'GET') return undefined;
	return { how: 'a body where none belongs', request: withBody(request, '{"a":1}'), statuses: [400] };
};

const QUERIES = [
	'limit=0',
	'limit=1001',
	'limit=x',
	'limit=1e3',
	'limit=',
	'limit=1&limit=2',
	'cursor=%00',
	'cursor=%ff',
	'cursor=x&cursor=y',
	'colour=red',
	'__proto__=1',
	'waitMs=60001',
	'waitMs=-1',
	'state=gone',
];

/** Only where a query is read is what is unknown in it refused. */
const query: Breakage = (request, luck) => {
	if (!request.route.parameters.some(({ in: place }) => place === 'query')) return undefined;
	const wrong = QUERIES[luck % QUERIES.length] ?? '';
	const asked = request.query.split('&').filter((one) => one !== '' && one.split('=')[0] !== wrong.split('=')[0]);
	return { how: `?${wrong}`, request: { ...request, query: [...asked, wrong].join('&') }, statuses: [400] };
};

const NAMES = [
	'%',
	'%zz',
	'%00',
	'a%20b',
	'%ff',
	'-a',
	'.a',
	'__proto__',
	'a'.repeat(129),
	'%2e%2e%2f',
	'%F0%9F%99%82',
	':',
	'a:b:1',
	'a%0d%0ab',
];

const path: Breakage = (request, luck) => {
	const { route } = request;
	const name = NAMES[luck % NAMES.length] ?? '';
	const [part] = route.path.match(/\{(?:topic|id)\}/) ?? [];
	if (part === undefined) return undefined;
	const [before = ''] = route.path.split(part);
	const rest = request.path.slice(before.length).replace(/^[^/]*/, '');
	return { how: `${name} in the path`, request: { ...request, path: `${before}${name}${rest}` }, statuses: [400, 404] };
};

const key: Breakage = (request, luck) => {
	if (!request.route.parameters.some(({ name }) => name === 'Idempotency-Key') || request.body === undefined)
		return undefined;
	const wrong = ['', '\u00e9', 'a'.repeat(256), '\t'][luck % 4] ?? '';
	return {
		how: 'an unfit Idempotency-Key',
		request: { ...request, headers: { ...request.headers, 'Idempotency-Key': wrong } },
		statuses: [400],
	};
};

const nowhere: Breakage = (request, luck) => {
	const to =
		[
			'/v2/take',
			'/v1',
			'/v1/topics//jobs',
			'/V1/take',
			'/v1/take/x',
			'/api',
			'/v1/../etc/passwd',
			'/%2e%2e/',
			'//v1/take',
			'/openapi.json/x',
		][luck % 10] ?? '';
	return { how: to, request: { ...request, path: to, query: '' }, statuses: [400, 404] };
};

/** What is wrong beside the fields of the body. */
export const AROUND: Breakage[] = [mediaType, noBody, needlessBody, query, path, key, nowhere];
