import { expect, test } from 'vitest';
import { until } from '../support/wait.ts';
import { type Api, onEachStore } from './kit.ts';
import { refused } from './refused.ts';

/** Pushes one job and takes it; gives back what settles it. */
async function taken(api: Api, options: object = {}): Promise<{ id: string; token: number }> {
	await api.push('t', { data: 1, ...options });
	const [job] = await api.take('t');
	if (job === undefined) throw new Error('The job just pushed was not there');
	return { id: job.id, token: job.token };
}

onEachStore('the result of a job', (start) => {
	test('is there at once when the job has ended', async () => {
		const api = await start();
		const [done, plain, dead] = [await taken(api), await taken(api), await taken(api)];
		const outcomes = [
			{ ...done, outcome: 'complete', result: 'RESULT' },
			{ ...plain, outcome: 'complete' },
			{ ...dead, outcome: 'kill', error: { message: 'no' } },
		];
		const body = JSON.stringify({ outcomes }).replace('"RESULT"', '{"n":9007199254740993,"z":1.0}');
		await api.post('/v1/settle', body);
		const result = (id: string) => api.get(`/v1/jobs/${id}/result?waitMs=20000`);
		const answer = await result(done.id);
		expect([answer.status, answer.text]).toEqual([
			200,
			`{"id":"${done.id}","state":"completed","result":{"n":9007199254740993,"z":1.0}}`,
		]);
		expect((await result(plain.id)).json).toEqual({ id: plain.id, state: 'completed' });
		const killed = { id: dead.id, state: 'dead', error: { message: 'no' }, reason: 'killed' };
		expect((await result(dead.id)).json).toEqual(killed);
	});

	test('is waited for', async () => {
		const api = await start();
		const job = await taken(api);
		const waiting = api.get(`/v1/jobs/${job.id}/result?waitMs=20000`);
		await api.post('/v1/settle', { outcomes: [{ ...job, outcome: 'complete', result: [1] }] });
		expect((await waiting).json).toEqual({ id: job.id, state: 'completed', result: [1] });
	});

	test('is the state of now without waitMs, and at its end', async () => {
		const api = await start();
		const { id } = await taken(api);
		expect((await api.get(`/v1/jobs/${id}/result`)).json).toEqual({ id, state: 'active' });
		const began = performance.now();
		expect((await api.get(`/v1/jobs/${id}/result?waitMs=150`)).json).toEqual({ id, state: 'active' });
		expect(performance.now() - began).toBeGreaterThan(140);
	});

	test('of a job that is not there is 404, also when it goes during the wait', async () => {
		const api = await start();
		expect((await api.get('/v1/jobs/t:12345/result?waitMs=20000')).status).toBe(404);
		const [id] = await api.push('t', { data: 1 });
		const waiting = api.get(`/v1/jobs/${id}/result?waitMs=20000`);
		await api.send('DELETE', `/v1/jobs/${id}`);
		expect((await waiting).json).toMatchObject({ code: 'NOT_FOUND', value: id });
	});

	test('is answered with the state of now when the server closes', async () => {
		const api = await start();
		const url = await api.listen();
		const { id } = await taken(api);
		const waiting = fetch(`${url}/v1/jobs/${id}/result?waitMs=20000`);
		await until(() => api.received > 0);
		await api.app.close();
		expect(await (await waiting).json()).toEqual({ id, state: 'active' });
	});

	test.each([
		['waitMs=-1', 'waitMs'],
		['waitMs=60001', 'waitMs'],
		['waitMs=soon', 'waitMs'],
		['wait=1', 'wait'],
	])('is refused with ?%s', async (query, field) => {
		const api = await start();
		const { json } = await refused(api, () => api.get(`/v1/jobs/t:1/result?${query}`));
		expect(json).toMatchObject({ code: 'INVALID', field });
	});
});
