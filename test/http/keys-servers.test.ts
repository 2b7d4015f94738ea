import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { MillraceError } from '../../src/core/errors.ts';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { createServer } from '../../src/server/app.ts';
import { randomPrefix } from '../support/prefix.ts';
import { until } from '../support/wait.ts';
import { bearer, ROOT, ROOT_KEY } from './key-kit.ts';
import { answerOf } from './kit.ts';

/** Two servers on one Redis, each with a connection of its own. */
async function twoServers() {
	const prefix = randomPrefix();
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

	test('never falls open: it asks for keys also when all that there were are revoked', async () => {
		const prefix = randomPrefix();
		const first = await server(prefix, ROOT_KEY);
		const { json } = await first.send('POST', '/v1/keys', { name: 'k', allow: ['observe:t'] }, ROOT);
		await first.send('DELETE', `/v1/keys/${json.key.id}`, undefined, ROOT);
		const later = await server(prefix, undefined);
		expect((await later.send('GET', '/v1/topics/t')).status).toBe(401);
		expect((await later.send('GET', '/v1/topics/t', undefined, bearer(json.secret))).status).toBe(401);
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
