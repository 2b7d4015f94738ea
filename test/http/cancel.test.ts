import { expect, test } from 'vitest';
import { until } from '../support/wait.ts';
import { type Api, onEachStore } from './kit.ts';

const cancel = (api: Api, id: string | undefined, body?: object) => api.post(`/v1/jobs/${id}/cancel`, body);

/** A take over a connection that waits, as a worker's does. When this resolves, the server listens for cancellations. */
async function waitingTake(api: Api, body: { topics: string[]; worker?: string }) {
	let listens = body.worker === undefined;
	const onCancel = api.engine.onCancel.bind(api.engine);
	api.engine.onCancel = (listener) => {
		listens = true;
		return onCancel(listener);
	};
	const url = await api.listen();
	const answer = fetch(`${url}/v1/take`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ waitMs: 20_000, ...body }),
	}).then((response) => response.json());
	await until(() => api.received > 0 && listens);
	return { answer };
}

onEachStore('a job that is cancelled', (start) => {
	test('is told with who did it and why', async () => {
		const api = await start();
		const [id] = await api.push('t', { data: 1 });
		const { status, json } = await cancel(api, id, { reason: 'the order\nwas withdrawn', actor: 'ann' });
		expect(status).toBe(200);
		const history = [{ kind: 'cancelled', at: api.clock(), attempt: 0, by: 'ann', error: 'the order\nwas withdrawn' }];
		expect(json).toMatchObject({ id, state: 'cancelled', reason: 'cancelled', finishedAt: api.clock(), history });
		expect(await api.counts()).toMatchObject([['t', { waiting: 0, cancelled: 1 }]]);
		expect((await api.get('/v1/topics/t/jobs?state=cancelled')).json.jobs).toMatchObject([{ id, history }]);
	});

	test('needs no words', async () => {
		const api = await start();
		const [waiting, delayed] = await api.push('t', { data: 1 }, { data: 2, delayMs: 1_000 });
		for (const [id, body] of [
			[waiting, undefined],
			[delayed, {}],
		] as const) {
			const { json } = await cancel(api, id, body);
			expect(json.history).toMatchObject([{ kind: 'cancelled', by: null, error: null }]);
		}
		expect(await api.take('t')).toEqual([]);
	});

	test('ends a wait for its result, which says why', async () => {
		const api = await start();
		const [id] = await api.push('t', { data: 1 });
		const waiting = api.get(`/v1/jobs/${id}/result?waitMs=20000`);
		await cancel(api, id, { reason: 'why' });
		expect((await waiting).json).toEqual({ id, state: 'cancelled', reason: 'why' });
		const [other] = await api.push('t', { data: 1 });
		await cancel(api, other);
		expect((await api.get(`/v1/jobs/${other}/result`)).json).toEqual({ id: other, state: 'cancelled', reason: null });
	});

	test('refuses what its worker says later, in each way of saying it', async () => {
		const api = await start();
		const [id] = await api.push('t', { data: 1 });
		await api.take('t');
		await cancel(api, id);
		const leases = [{ id, token: 1 }];
		const extended = await api.post('/v1/extend', { leases, leaseMs: 1_000 });
		expect(extended.json.leases).toEqual([{ id, status: 'cancelled' }]);
		const outcomes = [{ id, token: 1, outcome: 'complete' }];
		expect((await api.post('/v1/settle', { outcomes })).json.settled).toEqual([{ id, status: 'cancelled' }]);
		const take = await api.post('/v1/take', { topics: ['t'], settle: outcomes });
		expect(take.json.settled).toEqual([{ id, status: 'cancelled' }]);
		expect((await api.post('/api/jobs/mark', { jobId: id, topic: 't', token: 1 })).status).toBe(404);
	});

	test('of a topic that keeps none is gone at once', async () => {
		const api = await start();
		await api.send('PATCH', '/v1/topics/t', { cancelled: { count: 0, ageMs: 0 } });
		const [id] = await api.push('t', { data: 1 });
		expect((await cancel(api, id)).status).toBe(204);
		expect((await api.get(`/v1/jobs/${id}`)).status).toBe(404);
	});

	test('is one of many in one request, each with its own result', async () => {
		const api = await start();
		const [waiting, done] = await api.push('t', { data: 1 }, { data: 2, priority: 1 });
		await api.take('t');
		await api.post('/v1/settle', { outcomes: [{ id: done, token: 1, outcome: 'complete' }] });
		const body = { ids: [done, waiting, 't:1', 'no id'], reason: 'cleaning up', actor: 'bob' };
		expect((await api.post('/v1/jobs/cancel', body)).json.results).toEqual([
			{ id: done, status: 'refused', state: 'completed' },
			{ id: waiting, status: 'ok' },
			{ id: 't:1', status: 'missing' },
			{ id: 'no id', status: 'missing' },
		]);
		expect((await api.get(`/v1/jobs/${waiting}`)).json.history).toMatchObject([{ by: 'bob', error: 'cleaning up' }]);
	});
});

onEachStore('a worker that waits for jobs', (start) => {
	test('hears at once that one of its topics has had jobs cancelled', async () => {
		const api = await start();
		const [mine, other] = await api.push('t', { data: 1 }, { data: 2 });
		await api.take('t', { max: 2, worker: 'w1' });
		const { answer } = await waitingTake(api, { topics: ['u', 't'], worker: 'w1' });
		const began = performance.now();
		await cancel(api, mine);
		expect(await answer).toEqual({ jobs: [], cancelled: [mine] });
		expect(performance.now() - began).toBeLessThan(5_000);
		expect((await cancel(api, other)).status).toBe(200);
	});

	test('hears nothing of other topics, and of jobs that did not run', async () => {
		const api = await start();
		const [waiting] = await api.push('t', { data: 1 }, { data: 2 });
		await api.post('/v1/topics/t/pause');
		const [elsewhere] = await api.push('v', { data: 1 });
		await api.take('v');
		const { answer } = await waitingTake(api, { topics: ['t'], worker: 'w1' });
		await cancel(api, elsewhere);
		await cancel(api, waiting);
		await api.post('/v1/topics/t/resume');
		expect(await answer).toMatchObject({ jobs: [{ data: 2 }] });
		expect(await answer).not.toHaveProperty('cancelled');
	});

	test('hears nothing when it has not said its name', async () => {
		const api = await start();
		const [id] = await api.push('t', { data: 1 });
		await api.take('t');
		const { answer } = await waitingTake(api, { topics: ['t'] });
		await cancel(api, id);
		await api.push('t', { data: 'next' });
		expect(await answer).toMatchObject({ jobs: [{ data: 'next' }] });
		expect(await answer).not.toHaveProperty('cancelled');
	});
});
