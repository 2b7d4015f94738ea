import { describe, expect, test } from 'vitest';
import { SCOPES, type Scope } from '../../src/core/access.ts';
import { accessTo, ROUTES } from '../../src/server/access/routes.ts';
import { createServer } from '../../src/server/app.ts';
import { stubEngine } from '../support/stub-engine.ts';
import { ENDPOINTS, MIXED, OF_OPERATIONS } from './access-requests.ts';
import { ROOT, ROOT_KEY } from './key-kit.ts';
import { type Api, startOnSqlite } from './kit.ts';

interface Setting {
	api: Api;
	ids: Record<string, string>;
}

/** A server that wants keys, with a job in `own` and one in `foreign`. */
async function start(): Promise<Setting> {
	const api = await startOnSqlite({ adminKey: ROOT_KEY });
	const ids: Record<string, string> = {};
	for (const topic of ['own', 'foreign']) {
		const { json } = await api.post(`/v1/topics/${topic}/jobs`, { data: 1 }, ROOT);
		ids[topic] = json.jobs[0].id;
	}
	return { api, ids };
}

async function keyFor(api: Api, allow: string[], more: object = {}): Promise<Record<string, string>> {
	const { status, json, text } = await api.post('/v1/keys', { name: 'k', allow, ...more }, ROOT);
	if (status !== 201) throw new Error(text);
	return { authorization: `Bearer ${json.secret}` };
}

const methodOf = (route: string) => route.split(' ')[0] as 'GET' | 'POST' | 'PATCH' | 'DELETE';

async function call({ api, ids }: Setting, route: string, topic: string, headers: object) {
	let id = ids[topic] ?? '';
	if (OF_OPERATIONS.includes(route)) {
		const body = { action: 'delete', filter: { topic, state: 'dead' } };
		id = (await api.post('/v1/operations', body, ROOT)).json.operation.id;
	}
	const { url, body } = ENDPOINTS[route]?.request(topic, id) ?? { url: '' };
	return api.send(methodOf(route), url, body, headers);
}

/** Refused for want of rights; any other answer comes from behind the guard. */
const isRefused = (status: number) => status === 401 || status === 403;

test('every endpoint has its place in the matrix, with the scopes that the server asks for', async () => {
	const { app } = (await start()).api;
	const served = [...app.printRoutes({ commonPrefix: false }).matchAll(/\(([A-Z, ]+)\)/g)];
	expect(Object.keys(ENDPOINTS).sort()).toEqual(Object.keys(ROUTES).sort());
	expect(served.flatMap(([, methods = '']) => methods.split(', '))).toHaveLength(Object.keys(ENDPOINTS).length);
	for (const [route, { scopes }] of Object.entries(ENDPOINTS)) {
		const [method, url = ''] = route.split(' ');
		expect(app.hasRoute({ method: method as 'GET', url }), route).toBe(true);
		expect(accessTo(route)?.scopes, route).toEqual(scopes);
	}
});

describe.each(SCOPES)('a key with the scope %s', (granted) => {
	const grants: [pattern: string, topic: string, isOn: boolean][] = [
		['own', 'own', true],
		['own*', 'own', true],
		['ow*', 'own', true],
		['own', 'foreign', false],
		['own*', 'foreign', false],
		['*', 'own', true],
		['*', 'foreign', true],
	];

	test.each(grants)('on %s, asking about %s', async (pattern, topic, isOn) => {
		const setting = await start();
		const key = await keyFor(setting.api, [`${granted}:${pattern}`]);
		for (const [route, { scopes, everyTopic }] of Object.entries(ENDPOINTS)) {
			const { status, text } = await call(setting, route, topic, key);
			const isFor = scopes.includes(granted) || granted === 'admin';
			const isAllowed = scopes.length === 0 || (isFor && (everyTopic ? pattern === '*' : isOn));
			expect(isRefused(status), `${route}: ${status} ${text}`).toBe(!isAllowed);
			if (!isAllowed) expect(status, route).toBe(403);
		}
	});

	test('loses what is denied', async () => {
		const setting = await start();
		const key = await keyFor(setting.api, [`${granted}:*`], { deny: [`${granted}:fo*`] });
		for (const [route, { scopes, everyTopic }] of Object.entries(ENDPOINTS)) {
			if (scopes.length === 0) continue;
			const isFor = scopes.includes(granted) || granted === 'admin';
			expect((await call(setting, route, 'foreign', key)).status, route).toBe(403);
			expect(isRefused((await call(setting, route, 'own', key)).status), route).toBe(!isFor || everyTopic === true);
		}
	});
});

test('a request about several topics needs the scope on all of them, and does nothing otherwise', async () => {
	const { api, ids } = await start();
	const key = await keyFor(api, ['admin:own']);
	const seen = async () => (await api.send('GET', '/v1/topics', undefined, ROOT)).text;
	const before = await seen();
	for (const [route, body] of Object.entries(MIXED)) {
		const url = route.split(' ')[1] ?? '';
		const both = body('own', 'foreign', [ids.own ?? '', ids.foreign ?? '']);
		const { status, text } = await api.post(url, both, key);
		expect([route, status, text.includes('topic foreign')]).toEqual([route, 403, true]);
	}
	const settle = [{ id: ids.foreign, token: 1, outcome: 'complete' }];
	expect((await api.post('/v1/take', { topics: ['own'], settle }, key)).status).toBe(403);
	expect(await seen()).toBe(before);
});

test('names that are none are refused by the guard for a key with few topics, and by the route for one with all', async () => {
	const { api } = await start();
	const [few, all] = [await keyFor(api, ['observe:own']), await keyFor(api, ['observe:*'])];
	for (const [key, status] of [
		[few, 403],
		[all, 400],
	] as const) {
		expect((await api.send('GET', '/v1/jobs/x', undefined, key)).status).toBe(status);
		expect((await api.send('GET', '/v1/topics/-x', undefined, key)).status).toBe(status);
		expect((await api.post('/v1/jobs/lookup', { ids: 7 }, key)).status).toBe(400);
		expect((await api.post('/v1/jobs/lookup', '[', key)).status).toBe(400);
	}
});

test.each(SCOPES)('%s alone tells what is lacking before the body is read', async (scope: Scope) => {
	const { api } = await start();
	const key = await keyFor(api, [`${scope}:own`]);
	const url = scope === 'push' || scope === 'admin' ? '/v1/take' : '/v1/push';
	const { status, json } = await api.post(url, '{', key);
	if (scope === 'admin') expect(status).toBe(400);
	else expect([status, json.code]).toEqual([403, 'FORBIDDEN']);
});

test('a route that does not say who may call it keeps the server from being made', async () => {
	const app = createServer({ engine: stubEngine({}).engine, defaults: { leaseMs: 1_000, maxAttempts: 1 } });
	expect(() => app.get('/mine', () => 'x')).toThrow(/GET \/mine does not say who may call it/);
	const access = { scopes: [], topics: () => [] };
	expect(() => app.get('/mine', { config: { access } }, () => 'x')).not.toThrow();
	await app.close();
});
