import { expect, test } from 'vitest';
import { onEachStore } from './kit.ts';
import { refused } from './refused.ts';

onEachStore('many in one request', (start) => {
	test('jobs are looked up in the order asked, null where there is none', async () => {
		const api = await start();
		const [a, b] = await api.push('t', { data: 1 }, { data: 2 });
		await api.take('t');
		await api.post('/v1/settle', `{"outcomes":[{"id":"${a}","token":1,"outcome":"complete","result":null}]}`);
		const { status, json } = await api.post('/v1/jobs/lookup', { ids: [b, 't:1', 'no id', '', a, b] });
		expect(status).toBe(200);
		const states = json.jobs.map((job: { state: string } | null) => job?.state ?? null);
		expect(states).toEqual(['waiting', null, null, null, 'completed', 'waiting']);
		const { result: _, error: __, progress: ___, ...whole } = (await api.get(`/v1/jobs/${b}`)).json;
		expect(json.jobs[0]).toEqual(whole);
		// A result that is null is one; no result is not there.
		expect('result' in json.jobs[4]).toBe(true);
		expect('result' in json.jobs[0]).toBe(false);
		expect((await api.post('/v1/jobs/lookup', { ids: [] })).json).toEqual({ jobs: [] });
	});

	test('topics are looked up in the order asked, null where there is none', async () => {
		const api = await start();
		await api.push('a', { data: 1 });
		const { json } = await api.post('/v1/topics/lookup', { topics: ['nobody', 'a', '', 'no topic', 'a'] });
		const one = (await api.get('/v1/topics/a')).json;
		expect(json).toEqual({ topics: [null, one, null, null, one] });
	});

	test('dead jobs are retried and others deleted, each with its own result', async () => {
		const api = await start();
		const [dead, active, waiting] = await api.push('t', { data: 1 }, { data: 2 }, { data: 3 });
		await api.take('t', { max: 2 });
		await api.post('/v1/settle', { outcomes: [{ id: dead, token: 1, outcome: 'kill' }] });
		const ids = [active, dead, 't:1', 'no id'];
		const missing = [
			{ id: 't:1', status: 'missing' },
			{ id: 'no id', status: 'missing' },
		];
		const refusal = { id: active, status: 'refused', state: 'active' };
		const retried = await api.post('/v1/jobs/retry', { ids });
		expect(retried.json).toEqual({ results: [refusal, { id: dead, status: 'ok' }, ...missing] });
		const deleted = await api.post('/v1/jobs/delete', { ids: [...ids, waiting] });
		expect(deleted.json).toEqual({
			results: [refusal, { id: dead, status: 'ok' }, ...missing, { id: waiting, status: 'ok' }],
		});
		expect(await api.counts()).toMatchObject([['t', { waiting: 0, active: 1, dead: 0 }]]);
	});

	test.each([
		['/v1/jobs/lookup', '{}', 'ids'],
		['/v1/jobs/retry', '{"ids":"t:1"}', 'ids'],
		['/v1/jobs/delete', '{"ids":[1]}', 'ids[0]'],
		['/v1/jobs/delete', '{"ids":[],"ids":[]}', 'ids'],
		['/v1/jobs/delete', '{"ids":[],"force":true}', 'force'],
		['/v1/jobs/retry', '{"ids":[],"states":["asleep"]}', 'states[0]'],
		['/v1/jobs/delete', '{"ids":[],"states":[]}', 'states'],
		['/v1/jobs/cancel', '{"ids":[],"states":"dead"}', 'states'],
		['/v1/jobs/promote', '{"ids":[],"states":["delayed"]}', 'states'],
		['/v1/jobs/promote', '{"ids":{}}', 'ids'],
		['/v1/jobs/cancel', '{"reason":"x"}', 'ids'],
		['/v1/jobs/explain', '{"ids":[null]}', 'ids[0]'],
		['/v1/topics/t/groups/lookup', '{}', 'groups'],
		['/v1/topics/lookup', '{"topics":null}', 'topics'],
		['/v1/jobs/lookup', JSON.stringify({ ids: Array(1_001).fill('t:1') }), 'ids'],
	])('%s refuses %s', async (url, body, field) => {
		const api = await start();
		const { json } = await refused(api, () => api.post(url, body));
		expect(json).toMatchObject({ code: 'INVALID', field });
	});
});

onEachStore('a push of several batches', (start) => {
	test('answers each batch, for any topics', async () => {
		const api = await start();
		const batches = [
			{ topic: 'a', jobs: [{ data: 1 }, { data: 2, delayMs: 500 }], idempotencyKey: 'k' },
			{ topic: 'b', jobs: [{ data: 3, priority: 7 }] },
		];
		const first = await api.post('/v1/push', { batches });
		const [a, b] = [`a:${api.clock()}`, `b:${api.clock()}`];
		expect([first.status, first.json]).toEqual([
			200,
			{
				batches: [
					{
						status: 'created',
						jobs: [
							{ id: a, state: 'waiting' },
							{ id: `a:${api.clock() + 1}`, state: 'delayed' },
						],
					},
					{ status: 'created', jobs: [{ id: b, state: 'waiting' }] },
				],
				durability: api.engine.durability,
			},
		]);
		expect((await api.take('b'))[0]).toMatchObject({ data: 3, priority: 7 });
		await api.take('a');
		const other = { topic: 'a', jobs: [{ data: 9 }], idempotencyKey: 'k' };
		const second = await api.post('/v1/push', { batches: [batches[0], other] });
		expect(second.json.batches).toMatchObject([
			{ status: 'duplicate', jobs: [{ id: a, state: 'active' }, { state: 'delayed' }] },
			{ status: 'conflict', jobs: [{ id: a, state: 'active' }, { state: 'delayed' }] },
		]);
	});

	test('knows a key that a push of one batch has used', async () => {
		const api = await start();
		const body = { jobs: [{ data: { n: 1 } }] };
		const { json } = await api.post('/v1/topics/t/jobs', body, { 'idempotency-key': 'k' });
		const again = await api.post('/v1/push', { batches: [{ topic: 't', ...body, idempotencyKey: 'k' }] });
		expect(again.json.batches).toEqual([{ status: 'duplicate', jobs: [{ id: json.jobs[0].id, state: 'waiting' }] }]);
	});

	test.each([
		['{}', 'batches'],
		['{"batches":[]}', 'batches'],
		['{"batches":[{"topic":"t"}]}', 'batches[0].jobs'],
		['{"batches":[{"topic":"t","jobs":[]}]}', 'batches[0].jobs'],
		['{"batches":[{"topic":"-","jobs":[{"data":1}]}]}', 'batches[0].topic'],
		['{"batches":[{"topic":"t","topic":"u","jobs":[{"data":1}]}]}', 'batches[0].topic'],
		['{"batches":[{"topic":"t","jobs":[{"data":1,"data":2}]}]}', 'batches[0].jobs[0].data'],
		['{"batches":[{"topic":"t","jobs":[{"data":1,"delayMs":1,"runAt":1}]}]}', 'batches[0].jobs[0].runAt'],
		['{"batches":[{"topic":"t","jobs":[{"data":1}],"idempotencyKey":"é"}]}', 'batches[0].idempotencyKey'],
	])('refuses %s whole', async (body, field) => {
		const api = await start();
		const good = body.replace('"batches":[{', '"batches":[{"topic":"t","jobs":[{"data":0}]},{');
		const { json } = await refused(api, () => api.post('/v1/push', body));
		expect(json).toMatchObject({ code: 'INVALID', field });
		if (good !== body) await refused(api, () => api.post('/v1/push', good));
	});

	test('holds at most a thousand jobs in all', async () => {
		const api = await start();
		const jobs = Array.from({ length: 501 }, (_, n) => ({ data: n }));
		const batches = [
			{ topic: 'a', jobs },
			{ topic: 'b', jobs },
		];
		const { json } = await refused(api, () => api.post('/v1/push', { batches }));
		expect(json).toMatchObject({ code: 'INVALID', field: 'batches', value: 1_002 });
	});
});
