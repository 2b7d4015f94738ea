import { expect, test } from 'vitest';
import { onEachStore } from './kit.ts';

onEachStore('a v1 push', (start) => {
	test('answers the ids in order, their states and the durability', async () => {
		const api = await start();
		const jobs = [{ data: 1 }, { data: 2, delayMs: 500 }, { data: 3, runAt: api.clock() - 1 }];
		const answer = await api.post('/v1/topics/emails/jobs', { jobs });
		const now = api.clock();
		expect(answer.status).toBe(201);
		expect(answer.json).toEqual({
			jobs: [
				{ id: `emails:${now}`, created: true, state: 'waiting' },
				{ id: `emails:${now + 1}`, created: true, state: 'delayed' },
				{ id: `emails:${now + 2}`, created: true, state: 'waiting' },
			],
			durability: api.engine.durability,
		});
	});

	test('may ask to be on another machine, and is told what it reached', async () => {
		const api = await start();
		const many = await api.post('/v1/topics/t/jobs', { jobs: [{ data: 1 }], durability: 'replicated' });
		expect([many.status, many.json.durability]).toEqual([201, api.engine.durability]);
		const one = { data: 1, durability: 'replicated', idempotencyKey: 'k' };
		const first = await api.post('/v1/topics/t/jobs', { data: 1, idempotencyKey: 'k' });
		const again = await api.post('/v1/topics/t/jobs', one);
		expect([again.status, again.json]).toEqual([
			200,
			{
				jobs: [{ id: first.json.jobs[0].id, created: false, state: 'waiting' }],
				durability: api.engine.durability,
			},
		]);
		const batches = [
			{ topic: 't', jobs: [{ data: 1 }], durability: 'replicated' },
			{ topic: 't', jobs: [{ data: 1 }] },
		];
		const { json } = await api.post('/v1/push', { batches });
		expect(json.batches).toMatchObject([
			{ status: 'created', durability: api.engine.durability },
			{ status: 'created' },
		]);
		expect(json.batches[1]).not.toHaveProperty('durability');
	});

	test.each(['memory', 'fsynced', 'Replicated', '', null, true, ['replicated']])(
		'asks for nothing else: %j is refused',
		async (durability) => {
			const api = await start();
			for (const [url, body, field] of [
				['/v1/topics/t/jobs', { data: 1, durability }, 'durability'],
				['/v1/topics/t/jobs', { jobs: [{ data: 1 }], durability }, 'durability'],
				['/v1/push', { batches: [{ topic: 't', jobs: [{ data: 1 }], durability }] }, 'batches[0].durability'],
			] as const) {
				const { status, json } = await api.post(url, body);
				expect([status, json]).toMatchObject([400, { code: 'INVALID', field }]);
				expect(json.detail).toMatch(/must be replicated, or absent/);
			}
			expect((await api.get('/v1/topics/t')).status).toBe(404);
		},
	);

	test('keeps every option, and fills in the defaults', async () => {
		const api = await start();
		const backoff = { type: 'exponential', delayMs: 10, maxMs: 100, jitter: 0.5 };
		const terms = { cost: 3, timeoutMs: 5_000, ttlMs: 9_000, retryForMs: 60_000, maxCrashes: 2, onRetry: 'requeue' };
		const unique = { key: 'clé 1', scope: { windowMs: 100 }, onConflict: 'replace' };
		const more = { ...terms, unique, tags: ['red', 'été'], parent: 't:1' };
		const options = { priority: -3, maxAttempts: 7, backoff, group: 'tenant é', runAt: api.clock() + 5_000, ...more };
		const [full, plain] = await api.push('t', { data: {}, ...options }, { data: {} });
		expect((await api.get(`/v1/jobs/${full}`)).json).toMatchObject({
			...options,
			state: 'delayed',
			attempt: 0,
			token: 0,
		});
		expect((await api.get(`/v1/jobs/${plain}`)).json).toEqual({
			id: plain,
			topic: 't',
			state: 'waiting',
			data: {},
			priority: 0,
			group: null,
			attempt: 0,
			maxAttempts: 4,
			failures: 0,
			crashes: 0,
			releases: 0,
			token: 0,
			worker: null,
			backoff: null,
			createdAt: api.clock(),
			runAt: null,
			leaseExpiresAt: null,
			finishedAt: null,
			reason: null,
			result: null,
			error: null,
			progress: null,
			history: [],
		});
	});

	test('takes one job as the whole body', async () => {
		const api = await start();
		const { status, json } = await api.post('/v1/topics/t/jobs', { data: { a: 1 }, priority: 9 });
		expect([status, json.jobs.length]).toEqual([201, 1]);
		expect((await api.take('t'))[0]).toMatchObject({ data: { a: 1 }, priority: 9 });
	});

	test('stores a thousand jobs in one request', async () => {
		const api = await start();
		const ids = await api.push('t', ...Array.from({ length: 1_000 }, (_, n) => ({ data: n })));
		expect(new Set(ids).size).toBe(1_000);
		expect((await api.take('t', { max: 1_000 })).map((job) => job.data)).toEqual(
			Array.from({ length: 1_000 }, (_, n) => n),
		);
	});

	test('a higher priority comes sooner, and a delayed job when it is due', async () => {
		const api = await start();
		await api.push('t', { data: 'low' }, { data: 'high', priority: 1 }, { data: 'late', delayMs: 1_000 });
		expect((await api.take('t', { max: 9 })).map((job) => job.data)).toEqual(['high', 'low']);
		api.clock.advance(1_000);
		await api.engine.promote();
		expect((await api.take('t', { max: 9 })).map((job) => job.data)).toEqual(['late']);
	});
});

onEachStore('an idempotent push', (start) => {
	const BODY = '{"jobs":[{"data":{"n":1.0}},{"data":2,"delayMs":60000}]}';

	test('repeated, gives the same ids, their present states, and no new job', async () => {
		const api = await start();
		const send = () => api.post('/v1/topics/t/jobs', BODY, { 'idempotency-key': 'order 17' });
		const first = await send();
		await api.take('t');
		const second = await send();
		expect([first.status, second.status]).toEqual([201, 200]);
		const ids = first.json.jobs.map((job: { id: string }) => job.id);
		expect(second.json).toEqual({
			jobs: [
				{ id: ids[0], created: false, state: 'active' },
				{ id: ids[1], created: false, state: 'delayed' },
			],
			durability: api.engine.durability,
		});
		await api.send('DELETE', `/v1/jobs/${ids[1]}`);
		expect((await send()).json.jobs[1]).toEqual({ id: ids[1], created: false, state: null });
		expect(await api.counts()).toMatchObject([['t', { waiting: 0, delayed: 0, active: 1 }]]);
	});

	test('a key may come in the body', async () => {
		const api = await start();
		const one = '{"data":1,"idempotencyKey":"k"}';
		const first = await api.post('/v1/topics/t/jobs', one);
		const second = await api.post('/v1/topics/t/jobs', one);
		const header = await api.post('/v1/topics/t/jobs', '{"data":1}', { 'idempotency-key': 'k' });
		expect([first.status, second.status, header.status]).toEqual([201, 200, 200]);
		expect(second.json.jobs[0].id).toBe(first.json.jobs[0].id);
	});

	test('another request under the same key is a conflict and stores nothing', async () => {
		const api = await start();
		await api.post('/v1/topics/t/jobs', BODY, { 'idempotency-key': 'k' });
		const { status, json } = await api.post('/v1/topics/t/jobs', '{"data":1}', { 'idempotency-key': 'k' });
		expect(status).toBe(422);
		expect(json).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT', field: 'Idempotency-Key', value: 'k' });
		expect(await api.counts()).toMatchObject([['t', { waiting: 1, delayed: 1 }]]);
	});

	test('the same key in another topic is another push', async () => {
		const api = await start();
		const send = (topic: string) => api.post(`/v1/topics/${topic}/jobs`, BODY, { 'idempotency-key': 'k' });
		expect([(await send('t')).status, (await send('u')).status]).toEqual([201, 201]);
	});

	test.each(['', 'a'.repeat(256)])('the key %j is refused', async (key) => {
		const api = await start();
		const answer = await api.post('/v1/topics/t/jobs', BODY, { 'idempotency-key': key });
		expect([answer.status, answer.json.field]).toEqual([400, 'Idempotency-Key']);
	});

	test('a key in the body that differs from the header is refused', async () => {
		const api = await start();
		const body = '{"data":1,"idempotencyKey":"a"}';
		const answer = await api.post('/v1/topics/t/jobs', body, { 'idempotency-key': 'b' });
		expect([answer.status, answer.json.field]).toEqual([400, 'idempotencyKey']);
	});

	test('repeated while the first is under way, makes one job', async () => {
		const api = await start();
		const send = () => api.post('/v1/topics/t/jobs', '{"data":1}', { 'idempotency-key': 'k' });
		const answers = await Promise.all(Array.from({ length: 20 }, send));
		expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
		expect(new Set(answers.map(({ json }) => json.jobs[0].id)).size).toBe(1);
	});
});
