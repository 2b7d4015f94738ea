import { expect, test } from 'vitest';
import { onEachStore, startOnSqlite } from './kit.ts';
import { refused } from './refused.ts';

onEachStore('bad bodies', (start) => {
	const URLS = ['/api/jobs', '/api/jobs/mark', '/v1/topics/t/jobs', '/v1/take', '/v1/settle', '/v1/extend'];

	test.each(URLS)('POST %s refuses malformed JSON, an empty body and text that is not UTF-8', async (url) => {
		const api = await start();
		const bodies = ['{', '{"a":1,}', "{'a':1}", '{"a":1}}', 'undefined', '"\u0001"', '', '   '];
		for (const body of bodies) await refused(api, () => api.post(url, body));
		await refused(api, () => api.post(url, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])));
		await refused(api, () => api.post(url));
	});

	test.each(URLS)('POST %s refuses what is not application/json in UTF-8', async (url) => {
		const api = await start();
		const types = [
			'text/plain',
			'application/x-www-form-urlencoded',
			'application/json-seq',
			'application/problem+json',
		];
		for (const type of [...types, 'application/json; charset=latin1', 'nonsense', '*/*']) {
			const answer = await refused(api, () => api.post(url, '{"job":{},"topic":"t"}', { 'content-type': type }), 415);
			expect(answer.json.message ?? answer.json.detail).toContain(JSON.stringify(type));
		}
	});

	test.each(URLS)('POST %s refuses __proto__ and constructor.prototype keys anywhere, and names them', async (url) => {
		const api = await start();
		const say = async (body: string) => {
			const { json } = await refused(api, () => api.post(url, body));
			return json.message ?? json.detail;
		};
		expect(await say('{"__proto__":{"a":1}}')).toBe('__proto__ is a forbidden key, received {"a":1}');
		expect(await say('{"job":{"x":[0,{"\\u005f_proto__":1}]},"topic":"t"}')).toContain('job.x[1].__proto__ is a');
		expect(await say('{"jobs":[{"data":{"constructor":{"prototype":{}}}}]}')).toContain('constructor.prototype is a');
	});

	test('a key that stands twice is refused wherever it stands, payloads included', async () => {
		const api = await start();
		const say = async (url: string, body: string) => {
			const { json } = await refused(api, () => api.post(url, body));
			return json.message ?? json.detail;
		};
		expect(await say('/api/jobs', '{"job":{},"topic":"t","topic":"u"}')).toMatch(/^topic is given more than once/);
		expect(await say('/v1/topics/t/jobs', '{"jobs":[{"data":1,"data":2}]}')).toMatch(/^jobs\[0\].data is given/);
		expect(await say('/v1/topics/t/jobs', '{"jobs":[{"data":1}],"\\u006aobs":[{"data":1}]}')).toMatch(/^jobs is given/);
		const backoff = '{"type":"fixed","delayMs":1,"delayMs":2}';
		expect(await say('/v1/topics/t/jobs', `{"data":1,"backoff":${backoff}}`)).toMatch(/^backoff.delayMs is given/);
		const unique = '{"key":"a","scope":{"windowMs":1,"windowMs":2}}';
		expect(await say('/v1/topics/t/jobs', `{"data":1,"unique":${unique}}`)).toMatch(/^unique.scope.windowMs is given/);
		expect(await say('/v1/topics/t/pause', '{"forMs":1,"forMs":2}')).toMatch(/^forMs is given/);
		expect(await say('/v1/jobs/t:1/cancel', '{"reason":"a","reason":"b"}')).toMatch(/^reason is given/);
		expect(await say('/v1/jobs/t:1/retry', '{"data":1,"data":2}')).toMatch(/^data is given/);
		expect(await say('/v1/take', '{"topics":["t"],"max":1,"max":1}')).toMatch(/^max is given/);
		const lease = '{"id":"t:1","token":1,"token":1}';
		expect(await say('/v1/extend', `{"leases":[${lease}],"leaseMs":1000}`)).toMatch(/^leases\[0\].token is given/);
		expect(await say('/v1/topics/t/jobs', '{"data":{"b":[0,{"a":1,"a":2}]}}')).toMatch(/^data.b\[1\].a is given/);
		expect(await say('/api/jobs', '{"job":{"a":1,"\\u0061":2},"topic":"t"}')).toMatch(/^job.a is given/);
		const result = '{"id":"t:1","token":1,"outcome":"complete","result":{"a":1,"a":2}}';
		expect(await say('/v1/settle', `{"outcomes":[${result}]}`)).toMatch(/^outcomes\[0\].result.a is given/);
		// Colons and quotes inside strings are no members.
		const tricky = '{"a":":\\"b\\":","c":{"a":[{"a":{}}]},"":""}';
		expect((await api.post('/v1/topics/t/jobs', `{"data":${tricky}}`)).status).toBe(201);
	});

	test('a body nests 64 deep at the most', async () => {
		const api = await start();
		const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
		const says = async (url: string, body: string) => {
			const { json } = await refused(api, () => api.post(url, body));
			return json.message ?? json.detail;
		};
		expect(await says('/api/jobs', `{"job":{"x":${nested(63)}},"topic":"t"}`)).toContain(
			'at most 64 deep, received 65',
		);
		expect(await says('/v1/topics/t/jobs', `{"data":${nested(64)}}`)).toContain('received 65 levels');
		expect(await says('/v1/topics/t/jobs', `{"jobs":${nested(100_000)}}`)).toContain('received 100001 levels');
		const deepest = nested(63);
		expect((await api.post('/v1/topics/u/jobs', `{"data":${deepest}}`)).status).toBe(201);
		expect((await api.post('/v1/take', { topics: ['u'] })).text).toContain(`"data":${deepest},`);
	});

	test('a body over 256 KiB is too large, one of 256 KiB is not', async () => {
		const api = await start();
		const body = (bytes: number) => {
			const empty = JSON.stringify({ job: { x: '' }, topic: 't' });
			return JSON.stringify({ job: { x: 'a'.repeat(bytes - empty.length) }, topic: 't' });
		};
		const { json } = await refused(api, () => api.post('/api/jobs', body(262_145)), 413);
		expect(json).toEqual({ message: 'body must be at most 262144 bytes, received 262145 bytes' });
		expect((await api.post('/api/jobs', body(262_144))).status).toBe(201);
		const v1 = await api.post('/v1/topics/t/jobs', { data: 'a'.repeat(262_144) });
		expect(v1.json).toMatchObject({ code: 'TOO_LARGE', status: 413, field: 'body' });
	});
});

test('the limit on bodies can be moved', async () => {
	const api = await startOnSqlite({ maxBodyBytes: 2_000 });
	const send = (bytes: number) => api.post('/v1/topics/t/jobs', { data: 'a'.repeat(bytes) });
	expect([(await send(1_000)).status, (await send(2_000)).status]).toEqual([201, 413]);
});

test('application/json in UTF-8 may be written in other ways', async () => {
	const api = await startOnSqlite();
	for (const type of [
		'application/json; charset=utf-8',
		'Application/JSON;charset=UTF-8',
		'application/json; charset="utf-8"',
	]) {
		const answer = await api.post('/api/jobs', '{"job":{},"topic":"t"}', { 'content-type': type });
		expect(answer.status, type).toBe(201);
	}
	expect((await api.post('/api/jobs', '\ufeff{"job":{},"topic":"t"}')).status).toBe(201);
});

test('a request that says all in its path takes no body', async () => {
	const api = await startOnSqlite();
	await api.push('t', { data: 1 });
	expect((await api.post('/v1/topics/t/resume', '{}')).status).toBe(200);
	const refusal = await api.post('/v1/topics/t/resume', { forMs: 5 });
	expect([refusal.status, refusal.json.field]).toEqual([400, 'body']);
	expect((await api.post('/v1/topics/t/resume', '', { 'content-type': 'application/json' })).status).toBe(200);
});
