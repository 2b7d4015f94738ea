import fc from 'fast-check';
import type { Schema } from './api.ts';
import { type Request, withBody } from './requests.ts';

/** A request with one thing wrong, and how it must be refused. */
export interface Broken {
	how: string;
	request: Request;
	statuses: number[];
}

/** Breaks a request in one place; undefined where it has no such place. @param luck any number, which decides where */
type Breakage = (request: Request, luck: number) => Broken | undefined;

const WRONG = [
	null,
	true,
	-1,
	1.5,
	1e300,
	9007199254740992,
	'',
	'x y',
	'\u0000',
	'\ud800',
	'a'.repeat(3_000),
	[],
	[[]],
	{},
	{ a: 1 },
];

/** A value that is not what the schema says, somewhere in the body. What happens to fit all the same is no breakage. */
const wrongValue: Breakage = (request, luck) =>
	changed(request, 'a wrong value', (value) => {
		const places = placesIn(value);
		const place = places[luck % places.length];
		if (place === undefined) return WRONG[luck % WRONG.length];
		place.holder[place.key] = WRONG[(luck >> 8) % WRONG.length];
		return value;
	});

const missing: Breakage = (request, luck) =>
	changed(request, 'a field is missing', (value) => {
		const places = placesIn(value).filter(({ holder }) => !Array.isArray(holder));
		const place = places[luck % places.length];
		if (place !== undefined) delete place.holder[place.key];
		return value;
	});

const unknown: Breakage = (request, luck) =>
	changed(request, 'an unknown field', (value) => {
		const holders = [value, ...placesIn(value).map(({ holder, key }) => holder[key])];
		const records = holders.filter((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
		const record = records[luck % records.length];
		if (record !== undefined) record[['constructor', 'toString', 'ID', 'prio', ''][luck % 5] ?? ''] = 1;
		return value;
	});

const tooMany: Breakage = (request) =>
	changed(request, 'too many', (value) => {
		const place = placesIn(value).find(({ holder, key }) => Array.isArray(holder[key]) && holder[key].length > 0);
		if (place !== undefined) place.holder[place.key] = Array(1_001).fill(place.holder[place.key][0]);
		return value;
	});

/** Of a text that is no body as docs/http.md has it. */
function asText(how: string, make: (text: string, luck: number) => string | Buffer, statuses = [400]): Breakage {
	return (request, luck) => {
		const { body, route } = request;
		if (route.body === undefined || typeof body !== 'string' || !body.startsWith('{')) return undefined;
		return { how, request: { ...request, body: make(body, luck) }, statuses };
	};
}

const member = (extra: string) => (text: string) => (text === '{}' ? `{${extra}}` : `{${extra},${text.slice(1)}`);

const TEXTS: Breakage[] = [
	asText('cut off', (text, luck) => text.slice(0, 1 + (luck % (text.length - 1)))),
	asText('a trailing comma', (text) => `${text.slice(0, -1)},}`),
	asText('more after it', (text) => `${text}{}`),
	asText('a key twice', (text) => `{"k":1,"\\u006b":1,${text.slice(1)}`.replace(/,}$/, '}')),
	asText('__proto__', member('"__proto__":{"a":1}')),
	asText('constructor.prototype', member('"constructor":{"prototype":{}}')),
	asText('nested deeply', (text) => member(`"data":${'['.repeat(200)}${']'.repeat(200)}`)(text)),
	asText('nested beyond every stack', (text) => member(`"x":${'['.repeat(100_000)}${']'.repeat(100_000)}`)(text)),
	asText(
		'a raw NUL',
		(text, luck) => `${text.slice(0, 1 + (luck % text.length))}\u0000${text.slice(1 + (luck % text.length))}`,
	),
	asText('bytes that are not UTF-8', (text) =>
		Buffer.concat([Buffer.from('{"'), Buffer.from([0xff, 0xc0, 0x80]), Buffer.from(`":1,${text.slice(1)}`)]),
	),
	asText('UTF-16', (text) => Buffer.from(text, 'utf16le')),
	asText('a number beyond numbers', member('"priority":1e400')),
	asText('too long', (text) => member(`"x":"${'a'.repeat(262_144)}"`)(text), [413]),
	asText('an array', (text) => `[${text}]`),
	asText('a text', (text) => JSON.stringify(text)),
];

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

const BREAKAGES = [
	wrongValue,
	wrongValue,
	wrongValue,
	missing,
	unknown,
	tooMany,
	...TEXTS,
	mediaType,
	noBody,
	needlessBody,
	query,
	path,
	key,
	nowhere,
];

/** The request, broken in one place. */
export function broken(request: fc.Arbitrary<Request>): fc.Arbitrary<Broken | undefined> {
	return fc.tuple(request, fc.constantFrom(...BREAKAGES), fc.nat()).map(([one, breakage, luck]) => breakage(one, luck));
}

function changed(request: Request, how: string, change: (value: Schema) => Schema): Broken | undefined {
	const { route, value } = request;
	if (value === undefined || route.fits === undefined) return undefined;
	const wrong = change(structuredClone(value));
	const text = JSON.stringify(wrong);
	if (text === undefined || text.length > 250_000 || route.fits(JSON.parse(text))) return undefined;
	return { how, request: withBody(request, text), statuses: [400, 413] };
}

/** Every place in a body that a schema says something of: payloads may be anything. */
function placesIn(value: Schema): { holder: Schema; key: string | number }[] {
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries<Schema>(value).flatMap(([name, one]) => {
		const at = { holder: value, key: Array.isArray(value) ? Number(name) : name };
		return ['data', 'job', 'result', 'error', 'progress'].includes(name) ? [at] : [at, ...placesIn(one)];
	});
}
