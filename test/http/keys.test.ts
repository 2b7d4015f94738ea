import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { MillraceError } from '../../src/core/errors.ts';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { createServer } from '../../src/server/app.ts';
import { START } from '../support/clock.ts';
import { until } from '../support/wait.ts';
import { type Api, answerOf, onEachStore, startOnSqlite } from './kit.ts';

const ROOT_KEY = 'root-key-for-tests-0123456789abcdef';
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const ROOT = bearer(ROOT_KEY);

async function create(api: Api, body: object = {}) {
	const { status, json, text } = await api.post('/v1/keys', { name: 'k', allow: ['push:*'], ...body }, ROOT);
	if (status !== 201) throw new Error(text);
	return { ...json, headers: bearer(json.secret) } as { key: { id: string }; secret: string; headers: object };
}

const pushWith = (api: Api, headers: object) => api.post('/v1/topics/t/jobs', { data: 1 }, headers);

onEachStore('keys', (start) => {
	test('are made, used, listed and revoked; the secret is shown once', async () => {
		const api = await start({ adminKey: ROOT_KEY });
		const asked = { name: 'shop', allow: ['push:t', 'observe:t*'], deny: ['push:t2'], expiresInMs: 86_400_000 };
		const made = await api.post('/v1/keys', asked, ROOT);
		expect(made.status).toBe(201);
		expect(made.json).toEqual({
			key: {
				id: expect.stringMatching(/^[0-9a-f]{16}$/),
				name: 'shop',
				allow: asked.allow,
				deny: asked.deny,
				createdAt: START,
				expiresAt: START + 86_400_000,
				revokedAt: null,
			},
			secret: expect.stringMatching(/^mr_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/),
		});
		const { key, secret } = made.json;
		expect((await pushWith(api, bearer(secret))).status).toBe(201);
		const listed = await api.send('GET', '/v1/keys', undefined, ROOT);
		expect(listed.json).toEqual({ keys: [key], nextCursor: null });
		expect(listed.text).not.toContain(secret.slice(-20));
		const gone = await api.send('DELETE', `/v1/keys/${key.id}`, undefined, ROOT);
		expect([gone.status, gone.json]).toEqual([200, { key: { ...key, revokedAt: START } }]);
		api.clock.advance(5);
		const again = await api.send('DELETE', `/v1/keys/${key.id}`, undefined, ROOT);
		expect([again.status, again.json]).toEqual([200, gone.json]);
		expect((await pushWith(api, bearer(secret))).status).toBe(401);
		expect((await api.send('GET', '/v1/keys?limit=1', undefined, ROOT)).json.keys).toEqual([gone.json.key]);
	});

	test('are good until they expire, by the time of the store', async () => {
		const api = await start({ adminKey: ROOT_KEY });
		const { headers } = await create(api, { expiresInMs: 60_000 });
		api.clock.advance(59_999);
		expect((await pushWith(api, headers)).status).toBe(201);
		api.clock.advance(1);
		expect((await pushWith(api, headers)).status).toBe(401);
	});

	test('are kept without anything that opens a door', async () => {
		const api = await start({ adminKey: ROOT_KEY });
		const { secret } = await create(api);
		const kept = await api.engine.keys?.open();
		expect(JSON.stringify(kept)).not.toContain(secret.slice(20));
		expect(JSON.stringify(kept)).not.toContain(ROOT_KEY);
		expect(await api.engine.documents?.count()).toBe(0);
	});
});

describe('a request', () => {
	test('with anything but a good key is told so, in the style of each API', async () => {
		const api = await startOnSqlite({ adminKey: ROOT_KEY });
		const { secret } = await create(api);
		const [, id = ''] = secret.split('_');
		const bad = [
			undefined,
			'',
			'Bearer',
			'Bearer ',
			`Basic ${Buffer.from(`x:${secret}`).toString('base64')}`,
			secret,
			`Bearer ${secret}x`,
			`Bearer ${secret.slice(0, -1)}`,
			`Bearer ${secret.toUpperCase()}`,
			`Bearer ${secret} ${secret}`,
			`Bearer mr_${id}_${'A'.repeat(43)}`,
			`Bearer mr_${'0'.repeat(16)}_${'A'.repeat(43)}`,
			`Bearer mr___proto___${'A'.repeat(43)}`,
			`Bearer ${ROOT_KEY}0`,
			`Bearer ${ROOT_KEY.slice(0, -1)}`,
		];
		for (const authorization of bad) {
			const headers = authorization === undefined ? {} : { authorization };
			const v1 = await pushWith(api, headers);
			expect([authorization, v1.status, v1.json.code]).toEqual([authorization, 401, 'UNAUTHENTICATED']);
			expect(v1.headers['www-authenticate']).toBe('Bearer');
			const seed = await api.post('/api/jobs', { topic: 't', job: {} }, headers);
			expect([seed.status, Object.keys(seed.json)]).toEqual([401, ['message']]);
			for (const { text } of [v1, seed]) expect(text).not.toMatch(/AAAA|root-key/);
		}
		expect((await pushWith(api, bearer(secret))).status).toBe(201);
		expect((await pushWith(api, { authorization: `bearer  ${secret}` })).status).toBe(201);
	});

	test('by the original API needs the same keys', async () => {
		const api = await startOnSqlite({ adminKey: ROOT_KEY });
		const [push, work] = [await create(api, { allow: ['push:t'] }), await create(api, { allow: ['work:t'] })];
		const job = { topic: 't', job: { n: 1 } };
		expect((await api.post('/api/jobs', job, work.headers)).status).toBe(403);
		const { json } = await api.post('/api/jobs', job, push.headers);
		expect((await api.send('GET', '/api/jobs/jobToRun?topic=t', undefined, push.headers)).json).toEqual({
			message: `The key "k" (${push.key.id}) lacks the scope work on any topic`,
		});
		expect((await api.send('GET', '/api/jobs/jobToRun?topic=u', undefined, work.headers)).status).toBe(403);
		expect((await api.send('GET', '/api/jobs/jobToRun?topic=t', undefined, work.headers)).status).toBe(200);
		const mark = { topic: 't', jobId: json.jobId };
		expect((await api.post('/api/jobs/mark', mark, work.headers)).status).toBe(200);
	});

	test('for what is always open, and for what is not there, needs none', async () => {
		const api = await startOnSqlite({ adminKey: ROOT_KEY });
		expect((await api.get('/livez')).status).toBe(200);
		expect((await api.get('/readyz')).status).toBe(200);
		expect((await api.get('/v1/nothing')).status).toBe(404);
		expect((await api.post('/v1/nothing', {})).status).toBe(404);
	});

	test('needs no key while there is none, whatever it brings; and nobody can make the first without that of the server', async () => {
		const api = await startOnSqlite();
		expect((await pushWith(api, {})).status).toBe(201);
		expect((await pushWith(api, bearer('anything'))).status).toBe(201);
		const first = await api.post('/v1/keys', { name: 'k', allow: ['admin:*'] });
		expect([first.status, first.json.code]).toEqual([403, 'FORBIDDEN']);
		expect((await api.get('/v1/keys')).json).toEqual({ keys: [], nextCursor: null });
	});
});

test.each([
	[{ name: '' }, 'name'],
	[{ name: 'root' }, 'name'],
	[{ allow: [] }, 'allow'],
	[{ allow: ['push'] }, 'allow[0]'],
	[{ deny: ['push:*', 'x:*'] }, 'deny[1]'],
	[{ expiresInMs: 0 }, 'expiresInMs'],
	[{ expiresAt: 5 }, 'expiresAt'],
	[{ id: 'x' }, 'id'],
])('a key with %j is refused', async (more, field) => {
	const api = await startOnSqlite({ adminKey: ROOT_KEY });
	const { status, json } = await api.post('/v1/keys', { name: 'k', allow: ['push:*'], ...more }, ROOT);
	expect([status, json.code, json.field]).toEqual([400, 'INVALID', field]);
});

test.each(['short', '', 'x'.repeat(31), `${'x'.repeat(40)} `, `${'x'.repeat(40)}"`, 'é'.repeat(40)])(
	'a server with %j as its key is not made, and does not show it',
	(adminKey) => {
		const make = () => startOnSqlite({ adminKey });
		return expect(make()).rejects.toMatchObject({ code: 'INVALID', message: expect.not.stringContaining('xx') });
	},
);

describe('the audit log', () => {
	test('calls the actor by the name of the key, and keeps what the caller says beside it', async () => {
		const api = await startOnSqlite({ adminKey: ROOT_KEY });
		const { headers, key } = await create(api, { name: 'console', allow: ['operate:t', 'push:t'] });
		const jobs = (await api.post('/v1/topics/t/jobs', { jobs: [{ data: 1 }, { data: 2 }] }, headers)).json.jobs;
		await api.post('/v1/topics/t/pause', undefined, headers);
		await api.post(`/v1/jobs/${jobs[0].id}/cancel`, { actor: 'ada', reason: 'x' }, headers);
		await api.post('/v1/jobs/cancel', { ids: [jobs[1].id] }, headers);
		await api.post(`/v1/jobs/${jobs[0].id}/retry`, { data: 3 }, headers);
		const filter = { topic: 't', state: 'cancelled' };
		const started = await api.post('/v1/operations', { action: 'retry', filter, actor: 'ada' }, headers);
		const { id, ...operation } = started.json.operation;
		expect(operation).toMatchObject({ actor: 'console', key: key.id, said: 'ada' });
		await api.post(`/v1/operations/${id}/cancel`, { actor: 'bob' }, headers);
		await api.send('DELETE', `/v1/keys/${key.id}`, undefined, ROOT);
		const { entries } = (await api.send('GET', '/v1/audit', undefined, ROOT)).json;
		const by = { actor: 'console', key: key.id };
		expect(
			entries.reverse().map(({ at: _a, target: _t, details: _d, ...who }: Record<string, unknown>) => who),
		).toEqual([
			{ actor: 'root', key: 'root', action: 'key.create' },
			{ ...by, action: 'topic.pause' },
			{ ...by, said: 'ada', action: 'job.cancel' },
			{ ...by, action: 'job.cancel' },
			{ ...by, action: 'job.retry' },
			{ ...by, said: 'ada', action: 'operation.start' },
			{ ...by, said: 'bob', action: 'operation.cancel' },
			{ actor: 'root', key: 'root', action: 'key.revoke' },
		]);
		const history = async (job: { id: string }) =>
			(await api.send('GET', `/v1/jobs/${job.id}`, undefined, ROOT)).json.history[0].by;
		expect([await history(jobs[0]), await history(jobs[1])]).toEqual(['ada', 'console']);
	});

	test('tells of a key what it is for, and nothing of its secret', async () => {
		const api = await startOnSqlite({ adminKey: ROOT_KEY });
		const { key, secret } = await create(api, { deny: ['push:x'] });
		const { text, json } = await api.send('GET', '/v1/audit', undefined, ROOT);
		const details = { name: 'k', allow: ['push:*'], deny: ['push:x'], expiresAt: null };
		expect(json.entries).toMatchObject([{ action: 'key.create', target: key.id, details }]);
		expect(text).not.toContain(secret.slice(20));
	});
});

/** Two servers on one Redis, each with a connection of its own. */
async function twoServers() {
	const prefix = `t${randomUUID().slice(0, 8)}`;
	const [first, second] = await Promise.all([ROOT_KEY, undefined].map((adminKey) => server(prefix, adminKey)));
	if (first === undefined || second === undefined) throw new Error('There are two');
	return { first, second };
}

async function server(prefix: string, adminKey: string | undefined) {
	const engine = new RedisEngine({ url: inject('redisUrl'), prefix });
	await engine.open();
	const app = createServer({ engine, defaults: { leaseMs: 60_000, maxAttempts: 4 }, ...(adminKey && { adminKey }) });
	onTestFinished(async () => {
		await app.close();
		await engine.close();
	});
	const send = async (method: 'GET' | 'POST' | 'DELETE', url: string, body?: object, headers: object = {}) => {
		const response = await app.inject({ method, url, headers: { ...headers }, ...(body && { payload: body }) });
		return answerOf(response.statusCode, response.headers, response.payload);
	};
	return { app, engine, send };
}

describe('another server on the same store', () => {
	test('wants keys as soon as there is one, knows a new one within a second, and refuses a revoked one within 5', async () => {
		const { first, second } = await twoServers();
		const lookAt = (headers: object) => second.send('GET', '/v1/topics/t', undefined, headers);
		expect((await lookAt({})).status).toBe(404);
		const make = async () => {
			const { json } = await first.send('POST', '/v1/keys', { name: 'k', allow: ['observe:t'] }, ROOT);
			return { id: json.key.id as string, headers: bearer(json.secret) };
		};
		const old = await make();
		const began = performance.now();
		await until(async () => (await lookAt({})).status === 401, { timeoutMs: 6_000, what: 'the open server to close' });
		expect(performance.now() - began).toBeLessThan(5_000);
		await pause(1_100);
		expect((await lookAt((await make()).headers)).status).toBe(404);

		expect((await lookAt(old.headers)).status).toBe(404);
		await first.send('DELETE', `/v1/keys/${old.id}`, undefined, ROOT);
		const revoked = performance.now();
		await until(async () => (await lookAt(old.headers)).status === 401, {
			timeoutMs: 6_000,
			what: 'the key to be refused',
		});
		expect(performance.now() - revoked).toBeLessThan(5_000);
	});

	test('refuses a key that was revoked while it had nothing to do, from the first request on', async () => {
		const { first, second } = await twoServers();
		const { json } = await first.send('POST', '/v1/keys', { name: 'k', allow: ['observe:t'] }, ROOT);
		const lookAt = () => second.send('GET', '/v1/topics/t', undefined, bearer(json.secret));
		expect((await lookAt()).status).toBe(404);
		await first.send('DELETE', `/v1/keys/${json.key.id}`, undefined, ROOT);
		await pause(4_500);
		expect((await lookAt()).status).toBe(401);
	});

	test('ends the wait of a take whose key is revoked, and gives it no jobs', async () => {
		const { first, second } = await twoServers();
		const { json } = await first.send('POST', '/v1/keys', { name: 'k', allow: ['work:t'] }, ROOT);
		const url = await second.app.listen({ host: '127.0.0.1', port: 0 });
		const began = performance.now();
		const waiting = fetch(`${url}/v1/take`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...bearer(json.secret) },
			body: JSON.stringify({ topics: ['t'], waitMs: 30_000, requestId: 'r' }),
		});
		await pause(500);
		await first.send('DELETE', `/v1/keys/${json.key.id}`, undefined, ROOT);
		expect(await (await waiting).text()).toBe('{"jobs":[]}');
		expect(performance.now() - began).toBeLessThan(6_000);
	});

	test('reads the keys every two seconds at the most, and once a second for those who bring unknown ones', async () => {
		const { first, second } = await twoServers();
		await first.send('POST', '/v1/keys', { name: 'k', allow: ['observe:t'] }, ROOT);
		let reads = 0;
		const { keys } = second.engine;
		const open = keys.open.bind(keys);
		keys.open = () => {
			reads++;
			return open();
		};
		const unknown = bearer(`mr_${'0'.repeat(16)}_${'A'.repeat(43)}`);
		const began = performance.now();
		while (performance.now() - began < 3_000) await second.send('GET', '/v1/topics/t', undefined, unknown);
		expect(reads).toBeGreaterThanOrEqual(3);
		expect(reads).toBeLessThanOrEqual(4);
		reads = 0;
		const again = performance.now();
		while (performance.now() - again < 3_000) await second.send('GET', '/v1/topics/t', undefined, bearer('nothing'));
		expect(reads).toBeLessThanOrEqual(2);
	});
});

test('while the store is away the keys known last hold; before it was ever read nobody is let in', async () => {
	const { first, second } = await twoServers();
	const { json } = await first.send('POST', '/v1/keys', { name: 'k', allow: ['observe:t'] }, ROOT);
	const away = () => Promise.reject(new MillraceError('UNAVAILABLE', 'The store is away; nothing was done'));
	const { keys } = second.engine;
	const [open, count] = [keys.open.bind(keys), keys.count.bind(keys)];
	const lookAt = (headers: object) => second.send('GET', '/v1/topics/t', undefined, headers);
	Object.assign(keys, { open: away, count: away });
	expect((await lookAt({})).status).toBe(503);
	expect((await lookAt(bearer(json.secret))).status).toBe(503);
	Object.assign(keys, { open, count });
	expect((await lookAt(bearer(json.secret))).status).toBe(404);
	Object.assign(keys, { open: away, count: away });
	await pause(4_200);
	for (let n = 0; n < 3; n++) expect((await lookAt(bearer(json.secret))).status).toBe(404);
	expect((await lookAt({})).status).toBe(401);
});
