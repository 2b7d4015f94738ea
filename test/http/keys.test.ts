import { describe, expect, test } from 'vitest';
import { START } from '../support/clock.ts';
import { bearer, create, pushWith, ROOT, ROOT_KEY } from './key-kit.ts';
import { onEachStore, startOnSqlite } from './kit.ts';

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
