import { expect, test } from 'vitest';
import { type Api, onEachStore } from './kit.ts';

/** Pushes one job and takes it; gives back what settles it. */
async function taken(api: Api, options: object = {}): Promise<{ id: string; token: number }> {
	await api.push('t', { data: 1, ...options });
	const [job] = await api.take('t');
	if (job === undefined) throw new Error('The job just pushed was not there');
	return { id: job.id, token: job.token };
}

async function settle(api: Api, ...outcomes: object[]): Promise<object[]> {
	const { status, json, text } = await api.post('/v1/settle', { outcomes });
	expect(status, text).toBe(200);
	return json.settled;
}

onEachStore('settle', (start) => {
	test('ends deliveries by each outcome, and answers in order', async () => {
		const api = await start();
		const jobs = [await taken(api), await taken(api), await taken(api), await taken(api)];
		const outcomes = ['complete', 'kill', 'retry', 'release'];
		const settled = await settle(api, ...outcomes.map((outcome, index) => ({ ...jobs[index], outcome })));
		const states = ['completed', 'dead', 'delayed', 'waiting'];
		expect(settled).toEqual(
			states.map((state, index) => ({ id: jobs[index]?.id, status: 'ok', state, at: api.clock() })),
		);
	});

	test('a stale token and an unknown job change nothing', async () => {
		const api = await start();
		const { id, token } = await taken(api);
		const before = await api.get(`/v1/jobs/${id}`);
		expect(
			await settle(
				api,
				{ id, token: token + 1, outcome: 'complete', result: 1 },
				{ id: 't:1', token: 1, outcome: 'kill' },
			),
		).toEqual([
			{ id, status: 'stale' },
			{ id: 't:1', status: 'missing' },
		]);
		expect((await api.get(`/v1/jobs/${id}`)).text).toBe(before.text);
	});

	test('keeps the result of a completed job and the error of a failed one', async () => {
		const api = await start();
		const [good, bad] = [await taken(api), await taken(api)];
		await settle(
			api,
			{ ...good, outcome: 'complete', result: { sum: 'abc' } },
			{ ...bad, outcome: 'kill', error: { message: 'no' } },
		);
		expect((await api.get(`/v1/jobs/${good.id}`)).json).toMatchObject({ state: 'completed', result: { sum: 'abc' } });
		const dead = (await api.get(`/v1/jobs/${bad.id}`)).json;
		expect(dead).toMatchObject({ state: 'dead', reason: 'killed', error: { message: 'no' } });
	});

	test('a retry with delayMs runs again then', async () => {
		const api = await start();
		const job = await taken(api);
		await settle(api, { ...job, outcome: 'retry', delayMs: 1_234 });
		expect((await api.get(`/v1/jobs/${job.id}`)).json).toMatchObject({ state: 'delayed', runAt: api.clock() + 1_234 });
		const other = await taken(api);
		expect(await settle(api, { ...other, outcome: 'retry', delayMs: 0 })).toMatchObject([{ state: 'waiting' }]);
	});

	test("a retry without delayMs follows the job's backoff, attempt by attempt", async () => {
		const api = await start({ random: () => 0.5 });
		const backoff = { type: 'exponential', delayMs: 100, maxMs: 300, jitter: 0.2 };
		let job = await taken(api, { backoff });
		// 100, 200 and the cap of 300, each less half of its 20 % of jitter.
		for (const delay of [90, 180, 270]) {
			await settle(api, { ...job, outcome: 'retry' });
			expect((await api.get(`/v1/jobs/${job.id}`)).json.runAt - api.clock()).toBe(delay);
			api.clock.advance(delay);
			await api.engine.promote();
			const [again] = await api.take('t');
			if (again === undefined) throw new Error('The job was not due');
			job = { id: again.id, token: again.token };
		}
		expect(await settle(api, { ...job, outcome: 'retry' })).toMatchObject([{ status: 'ok', state: 'dead' }]);
		expect((await api.get(`/v1/jobs/${job.id}`)).json).toMatchObject({ reason: 'failed', attempt: 4 });
	});

	test("a retry without a backoff of the job's own follows the topic's, else the default of a second", async () => {
		const api = await start({ random: () => 0 });
		const first = await taken(api);
		await settle(api, { ...first, outcome: 'retry' });
		expect((await api.get(`/v1/jobs/${first.id}`)).json.runAt - api.clock()).toBe(1_000);
		await api.send('PATCH', '/v1/topics/t', { backoff: { type: 'fixed', delayMs: 77 } });
		const second = await taken(api);
		await settle(api, { ...second, outcome: 'retry' });
		expect((await api.get(`/v1/jobs/${second.id}`)).json.runAt - api.clock()).toBe(77);
	});

	test('a retry inside a take follows the same policy', async () => {
		const api = await start();
		const job = await taken(api, { backoff: { type: 'fixed', delayMs: 55 } });
		const { json } = await api.post('/v1/take', { topics: ['t'], settle: [{ ...job, outcome: 'retry' }] });
		expect(json).toEqual({ jobs: [], settled: [{ id: job.id, status: 'ok', state: 'delayed', at: api.clock() }] });
		expect((await api.get(`/v1/jobs/${job.id}`)).json.runAt - api.clock()).toBe(55);
	});
});

onEachStore('extend', (start) => {
	test('moves the end of leases and says when they end now', async () => {
		const api = await start();
		const job = await taken(api);
		api.clock.advance(30_000);
		const leases = [job, { ...job, token: job.token + 1 }, { id: 't:1', token: 1 }];
		const { json } = await api.post('/v1/extend', { leases, leaseMs: 90_000 });
		expect(json.leases).toEqual([
			{ id: job.id, status: 'ok', leaseExpiresAt: api.clock() + 90_000 },
			{ id: job.id, status: 'stale' },
			{ id: 't:1', status: 'missing' },
		]);
	});
});
