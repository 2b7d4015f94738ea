import { expect, onTestFinished, test } from 'vitest';
import { MillraceError } from '../../src/core/errors.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { createServer } from '../../src/server/app.ts';
import { answerOf, startOnSqlite } from './kit.ts';

/** A server whose store fails every call of `method` with `error`. */
async function serverThatFails(method: keyof Engine, error: unknown) {
	const engine = new SqliteEngine({ path: ':memory:' });
	await engine.open();
	const failing = new Proxy<Engine>(engine, {
		get(target, name) {
			if (name === method) return () => Promise.reject(error);
			const member: unknown = Reflect.get(target, name);
			return typeof member === 'function' ? member.bind(target) : member;
		},
	});
	const logged: object[] = [];
	const log = (details: object) => void logged.push(details);
	const logger = { error: log, warn: log, info: log };
	const app = createServer({ engine: failing, defaults: { leaseMs: 60_000, maxAttempts: 4 }, logger });
	onTestFinished(async () => {
		await app.close();
		await engine.close();
	});
	return { app, logged };
}

const UNAVAILABLE = new MillraceError('UNAVAILABLE', 'The store is away; nothing was done');

test('a store that is away answers 503 and when to come back, in the style of each API', async () => {
	const { app } = await serverThatFails('getTopics', UNAVAILABLE);
	const seed = await app.inject('/api/jobs/jobToRun?topic=t');
	expect([seed.statusCode, seed.headers['retry-after'], seed.payload]).toEqual([
		503,
		'1',
		'{"message":"The store is away; nothing was done"}',
	]);
	const v1 = await app.inject('/v1/topics/t');
	expect(v1.headers['content-type']).toMatch(/^application\/problem\+json/);
	expect([v1.statusCode, v1.headers['retry-after']]).toEqual([503, '1']);
	expect(v1.json()).toEqual({
		type: '/errors#UNAVAILABLE',
		title: 'The store cannot be reached; nothing was done',
		status: 503,
		detail: 'The store is away; nothing was done',
		code: 'UNAVAILABLE',
	});
});

test('/readyz is 503 while the store is away, and /livez is not', async () => {
	const { app } = await serverThatFails('ping', UNAVAILABLE);
	expect((await app.inject('/readyz')).statusCode).toBe(503);
	expect((await app.inject('/livez')).json()).toEqual({ status: 'ok' });
});

test('/readyz names the store and its durability', async () => {
	const api = await startOnSqlite({ store: 'memory' });
	expect((await api.get('/readyz')).json).toEqual({ status: 'ok', store: 'memory', durability: 'memory', notices: [] });
});

test('what nobody foresaw is logged, and the answer says nothing of it', async () => {
	const { app, logged } = await serverThatFails('listTopics', new TypeError('secret detail'));
	const answer = await app.inject('/v1/topics');
	expect(answer.statusCode).toBe(500);
	expect(answer.json()).toMatchObject({ code: 'INTERNAL', status: 500 });
	expect(answer.payload).not.toMatch(/secret|TypeError|failures\.test/);
	expect(logged).toHaveLength(1);
});

test('a take that has settled answers so, although the wait that follows fails', async () => {
	const { app, logged } = await serverThatFails('take', UNAVAILABLE);
	const settle = [{ id: 't:1', token: 1, outcome: 'complete' }];
	const payload = { topics: ['t'], waitMs: 1_000, settle };
	const answer = await app.inject({ method: 'POST', url: '/v1/take', payload });
	expect([answer.statusCode, answer.json()]).toEqual([200, { jobs: [], settled: [{ id: 't:1', status: 'missing' }] }]);
	expect(logged).toHaveLength(1);
});

test('an unknown route is not found, in the style of its prefix', async () => {
	const api = await startOnSqlite();
	const seed = await api.get('/api/jobs/nothing');
	expect([seed.status, Object.keys(seed.json)]).toEqual([404, ['message']]);
	for (const url of ['/v1/nothing', '/', '/nothing', '/v1/topics/t/cancel']) {
		const { status, json } = await api.get(url);
		expect([status, json.code]).toEqual([404, 'NOT_FOUND']);
		expect(json.detail).toContain(`GET "${url}"`);
	}
	expect((await api.send('DELETE', '/api/jobs')).status).toBe(404);
	expect((await api.post('/v1/nothing', 'x', { 'content-type': 'text/plain' })).status).toBe(404);
});

test('a path that is not percent-encoding is refused', async () => {
	const { app } = await startOnSqlite();
	const answer = await app.inject('/v1/jobs/%zz');
	const { status, json } = answerOf(answer.statusCode, answer.headers, answer.payload);
	expect([status, json.code, json.field]).toEqual([400, 'INVALID', 'url']);
});

test('no answer may be kept by a cache', async () => {
	const api = await startOnSqlite();
	await api.push('t', { data: {} });
	for (const url of ['/v1/topics', '/api/jobs/jobToRun?topic=t', '/v1/jobs/t:1', '/readyz']) {
		expect((await api.get(url)).headers['cache-control']).toBe('no-store');
	}
});
