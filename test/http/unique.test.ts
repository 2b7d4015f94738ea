import { expect, test } from 'vitest';
import { type Api, onEachStore } from './kit.ts';
import { refused } from './refused.ts';

/** Pushes one job and gives the status and what is said of it. */
async function push(api: Api, job: object) {
	const { status, json, text } = await api.post('/v1/topics/t/jobs', { data: 1, ...job });
	expect(json.jobs, text).toHaveLength(1);
	return { status, ...json.jobs[0] };
}

onEachStore('a push with a unique key', (start) => {
	test('says that the key was free', async () => {
		const api = await start();
		const id = `t:${api.clock()}`;
		expect(await push(api, { unique: { key: 'k' } })).toEqual({
			status: 201,
			id,
			created: true,
			state: 'waiting',
			unique: { outcome: 'free', holder: id, holderState: 'waiting' },
		});
		expect((await api.get(`/v1/jobs/${id}`)).json.unique).toEqual({
			key: 'k',
			scope: 'unfinished',
			onConflict: 'keep',
		});
	});

	test('that is held names the holder, is no creation, and stores nothing', async () => {
		const api = await start();
		const { id } = await push(api, { unique: { key: 'k' } });
		await api.take('t');
		expect(await push(api, { unique: { key: 'k' } })).toEqual({
			status: 200,
			id,
			created: false,
			state: 'active',
			unique: { outcome: 'kept', holder: id, holderState: 'active' },
		});
		expect(await api.counts()).toMatchObject([['t', { waiting: 0, active: 1 }]]);
	});

	test('replaces, cancels, queues and debounces as it asks', async () => {
		const api = await start();
		const conflicting = (onConflict: string, more = {}) => push(api, { unique: { key: 'k', onConflict }, ...more });
		const first = await conflicting('keep');
		expect(await conflicting('replace', { data: 'new' })).toMatchObject({
			status: 200,
			id: first.id,
			created: false,
			unique: { outcome: 'replaced', holder: first.id, holderState: 'waiting' },
		});
		const second = await conflicting('cancelAndReplace');
		expect(second).toMatchObject({ status: 201, created: true, unique: { outcome: 'cancelled', former: first.id } });
		const queued = await conflicting('queueBehind');
		expect(queued).toMatchObject({ status: 201, created: true, state: 'delayed' });
		expect(queued.unique).toEqual({ outcome: 'queued', holder: second.id, holderState: 'waiting' });
		const late = await conflicting('debounce', { delayMs: 5_000 });
		expect(late).toMatchObject({ id: second.id, created: false, state: 'delayed', unique: { outcome: 'debounced' } });
		expect((await api.get(`/v1/jobs/${first.id}`)).json).toMatchObject({ state: 'cancelled', data: 'new' });
	});

	test('says so per job, also in a push of several batches', async () => {
		const api = await start();
		const jobs = [{ data: 1, unique: { key: 'k' } }, { data: 2 }, { data: 3, unique: { key: 'k' } }];
		const { status, json } = await api.post('/v1/topics/t/jobs', { jobs });
		expect(status).toBe(201);
		const [first, plain, kept] = json.jobs;
		expect(plain).toEqual({ id: plain.id, created: true, state: 'waiting' });
		expect(kept).toMatchObject({ id: first.id, created: false, unique: { outcome: 'kept' } });
		const batches = (await api.post('/v1/push', { batches: [{ topic: 't', jobs }] })).json.batches;
		expect(batches[0]).toMatchObject({
			status: 'created',
			jobs: [
				{ id: first.id, unique: { outcome: 'kept' } },
				{ state: 'waiting' },
				{ id: first.id, unique: { outcome: 'kept' } },
			],
		});
	});
});

onEachStore('a topic with a budget of waiting bytes', (start) => {
	const full = async (api: Api) => {
		await api.send('PATCH', '/v1/topics/u', { waitingBytes: 10 });
		await api.push('u', { data: '1234' });
	};

	test('refuses what does not fit, says when to come back, and stores nothing', async () => {
		const api = await start();
		await full(api);
		const { json, headers } = await refused(api, () => api.post('/v1/topics/u/jobs', { data: '1234567' }), 429);
		expect(json).toMatchObject({ code: 'TOPIC_FULL', field: 'topic', value: 'u' });
		expect(headers['retry-after']).toBe('1');
		const seed = await refused(api, () => api.post('/api/jobs', { job: { long: 'text' }, topic: 'u' }), 429);
		expect(Object.keys(seed.json)).toEqual(['message']);
		expect((await api.post('/v1/topics/u/jobs', { data: '12' })).status).toBe(201);
	});

	test('has room again when a job has finished', async () => {
		const api = await start();
		await full(api);
		const push = async () => (await api.post('/v1/topics/u/jobs', { data: '12345678' })).status;
		expect(await push()).toBe(429);
		const [job] = await api.take('u');
		await api.post('/v1/settle', { outcomes: [{ id: job?.id, token: job?.token, outcome: 'complete' }] });
		expect(await push()).toBe(201);
	});

	test('refuses of several batches only those for which there is no room', async () => {
		const api = await start();
		await full(api);
		const batches = [
			{ topic: 'u', jobs: [{ data: '123456' }, { data: 1 }] },
			{ topic: 'u', jobs: [{ data: 1 }] },
			{ topic: 'v', jobs: [{ data: 1 }] },
		];
		const { status, json } = await api.post('/v1/push', { batches });
		expect([status, json.batches.map((batch: { status: string }) => batch.status)]).toEqual([
			200,
			['full', 'created', 'created'],
		]);
		expect(json.batches[0]).toEqual({ status: 'full', jobs: [] });
	});

	test('refuses of callers that come together only those for which there is no room', async () => {
		const api = await start();
		await full(api);
		const sizes = [1, 9, 1, 9];
		const push = (size: number) => api.post('/v1/topics/u/jobs', { data: Number('1'.repeat(size)) });
		const answers = await Promise.all(sizes.map(push));
		expect(answers.map(({ status }) => status)).toEqual([201, 429, 201, 429]);
	});
});
