import { expect, test } from 'vitest';
import { remote, startServer } from '../remote/kit.ts';
import { batch } from '../support/jobs.ts';
import { until } from '../support/wait.ts';
import { bearer, create, pushWith, ROOT, ROOT_KEY } from './key-kit.ts';
import { type Api, onEachStore, startOnSqlite } from './kit.ts';

/** So slow that nothing flows in while a test runs. */
const THREE = { limit: 1, perMs: 86_400_000, burst: 3 };

const waiting = async (api: Api) =>
	(await api.send('GET', '/v1/topics/t', undefined, ROOT)).json.counts.waiting as number;

onEachStore('a key with a rate', (start) => {
	test('is refused above it with 429 and when to come back, and nothing of the request is done', async () => {
		const api = await start({ adminKey: ROOT_KEY });
		const { key, headers } = await create(api, { rate: THREE });
		for (let n = 0; n < 3; n++) expect((await pushWith(api, headers)).status).toBe(201);
		const refused = await pushWith(api, headers);
		expect(refused.status).toBe(429);
		expect(refused.json).toMatchObject({ code: 'TOO_MANY_REQUESTS', detail: expect.stringContaining(key.id) });
		expect(refused.headers['content-type']).toContain('application/problem+json');
		expect(Number(refused.headers['retry-after'])).toBeGreaterThan(86_000);
		const seed = await api.post('/api/jobs', { topic: 't', job: {} }, headers);
		expect([seed.status, Object.keys(seed.json)]).toEqual([429, ['message']]);
		expect(await waiting(api)).toBe(3);
		// Nor is its body looked at.
		expect((await api.post('/v1/topics/t/jobs', '{', headers)).status).toBe(429);
	});

	test('shows it, keeps what is left of it when the keys are read again, and takes nothing from others', async () => {
		const api = await start({ adminKey: ROOT_KEY });
		const { key, headers } = await create(api, { rate: THREE });
		const other = await create(api);
		expect(key).toMatchObject({ rate: THREE });
		expect(other.key).not.toHaveProperty('rate');
		for (let n = 0; n < 3; n++) await pushWith(api, headers);
		await create(api);
		expect((await pushWith(api, headers)).status).toBe(429);
		for (let n = 0; n < 5; n++) expect((await pushWith(api, other.headers)).status).toBe(201);
		for (let n = 0; n < 5; n++) expect((await pushWith(api, ROOT)).status).toBe(201);
		expect((await api.send('GET', '/v1/keys', undefined, ROOT)).json.keys).toContainEqual(key);
	});
});

test('a long poll counts once, a request that lacks a scope as well, and what is open never', async () => {
	const api = await startOnSqlite({ adminKey: ROOT_KEY });
	const { headers } = await create(api, { allow: ['work:t'], rate: THREE });
	expect((await api.post('/v1/take', { topics: ['t'], waitMs: 300 }, headers)).json).toEqual({ jobs: [] });
	expect((await pushWith(api, headers)).status).toBe(403);
	for (let n = 0; n < 9; n++) {
		for (const path of ['/livez', '/readyz'])
			expect((await api.send('GET', path, undefined, headers)).status).toBe(200);
	}
	expect((await api.post('/v1/take', { topics: ['t'] }, headers)).status).toBe(200);
	expect((await api.post('/v1/take', { topics: ['t'] }, headers)).status).toBe(429);
});

test.each([
	['rate', 5],
	['rate.limit', { limit: 0, perMs: 1_000 }],
	['rate.limit', { limit: 1.5, perMs: 1_000 }],
	['rate.limit', { perMs: 1_000 }],
	['rate.perMs', { limit: 1 }],
	['rate.perMs', { limit: 1, perMs: 86_400_001 }],
	['rate.burst', { limit: 1, perMs: 1_000, burst: 0 }],
	['rate.per', { limit: 1, perMs: 1_000, per: 1 }],
])('a key is not made with a %s of %j', async (field, rate) => {
	const api = await startOnSqlite({ adminKey: ROOT_KEY });
	const { status, json } = await api.post('/v1/keys', { name: 'k', allow: ['push:t'], rate }, ROOT);
	expect([status, json.code, json.field]).toEqual([400, 'INVALID', field]);
	expect((await api.send('GET', '/v1/keys', undefined, ROOT)).json.keys).toEqual([]);
});

test('the SDK waits as long as it is told, and then goes on', async () => {
	const { port, answered } = await startServer({ adminKey: ROOT_KEY });
	const made = await fetch(`http://127.0.0.1:${port}/v1/keys`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...ROOT },
		body: JSON.stringify({ name: 'k', allow: ['push:*'], rate: { limit: 1, perMs: 1_000 } }),
	});
	const { secret } = (await made.json()) as { secret: string };
	const engine = remote(port, { headers: bearer(secret), deadlineMs: 30_000 });
	const results = [await engine.push([batch('t', 1)]), await engine.push([batch('t', 1)])];
	expect(results.flat().map(({ status }) => status)).toEqual(['created', 'created']);
	expect(answered).toContain(429);
});

test('after many keys that are not good an address is told to wait; good keys of the store are served all the same', async () => {
	const lines: string[] = [];
	const log = (details: object, message: string) => void lines.push(JSON.stringify(details) + message);
	const api = await startOnSqlite({ adminKey: ROOT_KEY, logger: { error: log, warn: log, info: log } });
	const { headers, secret } = await create(api);
	const guess = () => pushWith(api, bearer(`${ROOT_KEY}x`));
	let failed = 0;
	for (; (await guess()).status === 401; failed++) expect(failed).toBeLessThan(100_000);
	expect(failed).toBeGreaterThanOrEqual(120);
	const refused = await until(async () => {
		const answer = await guess();
		return answer.status === 429 ? answer : null;
	});
	expect(refused.json.code).toBe('TOO_MANY_REQUESTS');
	expect(refused.headers).toHaveProperty('retry-after');
	expect((await pushWith(api, headers)).status).toBe(201);
	expect((await pushWith(api, {})).status).toBe(401);
	// Two may fail again each second, so it is looked for the moment at which none may.
	await until(async () => (await guess()).status === 429 && (await pushWith(api, ROOT)).status === 429);
	const elsewhere = { method: 'GET', url: '/v1/topics/t', headers: ROOT, remoteAddress: '10.9.8.7' } as const;
	expect((await api.app.inject(elsewhere)).statusCode).toBe(200);
	for (const text of [...lines, refused.text]) expect(text).not.toMatch(new RegExp(`${ROOT_KEY}|${secret}`));
});
