import { expect, test } from 'vitest';
import { type Api, onEachStore, startOnSqlite } from './kit.ts';

/** A job that its worker has killed. */
async function dead(api: Api, options: object = {}): Promise<string> {
	const [id = ''] = await api.push('t', { data: { old: 1 }, ...options });
	const [job] = await api.take('t');
	if (job?.id !== id) throw new Error('The job just pushed was not there');
	await api.post('/v1/settle', { outcomes: [{ id, token: job.token, outcome: 'kill', error: 'broken' }] });
	return id;
}

onEachStore('a retry', (start) => {
	test('lets a cancelled job wait again', async () => {
		const api = await start();
		const [id] = await api.push('t', { data: 1 });
		await api.post(`/v1/jobs/${id}/cancel`);
		const { status, json } = await api.post(`/v1/jobs/${id}/retry`);
		expect([status, json.state, json.reason]).toEqual([200, 'waiting', null]);
		expect(json.history).toMatchObject([{ kind: 'cancelled' }]);
	});

	test('is refused while another job has the unique key, and names that job', async () => {
		const api = await start();
		const id = await dead(api, { unique: { key: 'k' } });
		const [holder] = await api.push('t', { data: 2, unique: { key: 'k' } });
		for (const body of [undefined, { data: 3 }]) {
			const { status, json } = await api.post(`/v1/jobs/${id}/retry`, body);
			expect([status, json.code, json.value]).toEqual([409, 'WRONG_STATE', id]);
			expect(json.detail).toBe(
				`The unique key of job ${id} is held by ${holder}; wait until that has ended, or cancel it`,
			);
		}
		const many = await api.post('/v1/jobs/retry', { ids: [id] });
		expect(many.json.results).toEqual([{ id, status: 'held', by: holder }]);
		expect(await api.counts()).toMatchObject([['t', { waiting: 1, dead: 1 }]]);
	});
});

onEachStore('a retry with other data', (start) => {
	const OPTIONS = {
		priority: 7,
		group: 'acme',
		maxAttempts: 2,
		backoff: { type: 'fixed', delayMs: 9 },
		cost: 2,
		timeoutMs: 5_000,
		tags: ['a'],
		unique: { key: 'k', scope: 'waiting', onConflict: 'replace' },
	};

	test('is another job, with the options of the old one, which stays as it is', async () => {
		const api = await start();
		const id = await dead(api, { ...OPTIONS, parent: 't:1' });
		const before = await api.get(`/v1/jobs/${id}`);
		const { status, json, text } = await api.post(`/v1/jobs/${id}/retry`, '{"data": {"n":1.0} }');
		expect(status).toBe(201);
		expect(text).toContain('"data":{"n":1.0},');
		const unique = { ...OPTIONS.unique, onConflict: 'keep' };
		expect(json).toMatchObject({ ...OPTIONS, unique, state: 'waiting', parent: id, attempt: 0, history: [] });
		expect(json.id).not.toBe(id);
		expect((await api.get(`/v1/jobs/${id}`)).text).toBe(before.text);
		expect(await api.take('t')).toMatchObject([{ id: json.id, data: { n: 1 } }]);
	});

	test('may bring any JSON', async () => {
		const api = await start();
		const id = await dead(api);
		const { status, json } = await api.post(`/v1/jobs/${id}/retry`, { data: null });
		expect([status, json.data]).toEqual([201, null]);
	});

	test('is repeated under an idempotency key without another job', async () => {
		const api = await start();
		const [id, other] = [await dead(api), await dead(api)];
		const send = (url: string, data: number) =>
			api.post(`/v1/jobs/${url}/retry`, { data }, { 'idempotency-key': 'again' });
		const first = await send(id, 5);
		const second = await send(id, 5);
		expect([first.status, second.status, second.json.id]).toEqual([201, 200, first.json.id]);
		expect((await send(id, 6)).status).toBe(422);
		expect((await send(other, 5)).status).toBe(422);
		expect(await api.counts()).toMatchObject([['t', { waiting: 1, dead: 2 }]]);
	});

	test('does not take the job of another push for its own when it is repeated', async () => {
		const api = await start();
		const id = await dead(api, { unique: { key: 'k' } });
		await api.push('t', { data: 2, unique: { key: 'k' } });
		const send = () => api.post(`/v1/jobs/${id}/retry`, { data: 3 }, { 'idempotency-key': 'again' });
		expect([(await send()).status, (await send()).status]).toEqual([409, 409]);
	});

	test('keeps to the budget of the topic', async () => {
		const api = await start();
		const id = await dead(api);
		await api.send('PATCH', '/v1/topics/t', { waitingBytes: 3 });
		expect((await api.post(`/v1/jobs/${id}/retry`, { data: 'long' })).json.code).toBe('TOPIC_FULL');
	});
});

onEachStore('a promotion', (start) => {
	test('lets a delayed job wait now', async () => {
		const api = await start();
		const [id, other] = await api.push('t', { data: 1, delayMs: 5_000 }, { data: 2, delayMs: 5_000 });
		const { status, json } = await api.post(`/v1/jobs/${id}/promote`);
		expect([status, json.state, json.runAt]).toEqual([200, 'waiting', null]);
		const { results } = (await api.post('/v1/jobs/promote', { ids: [id, other, 't:1'] })).json;
		expect(results).toEqual([
			{ id, status: 'refused', state: 'waiting' },
			{ id: other, status: 'ok' },
			{ id: 't:1', status: 'missing' },
		]);
		expect(await api.take('t', { max: 5 })).toHaveLength(2);
	});

	test('is refused for a job that waits for another one', async () => {
		const api = await start();
		const unique = { key: 'k', onConflict: 'queueBehind' };
		const [, queued] = await api.push('t', { data: 1, unique }, { data: 2, unique });
		const { status, json } = await api.post(`/v1/jobs/${queued}/promote`);
		expect([status, json.code]).toEqual([409, 'WRONG_STATE']);
		expect(json.detail).toBe(
			`Job ${queued} is delayed; only a delayed job that waits for no other one can be promoted`,
		);
	});
});

test('an unfit Idempotency-Key is refused, also where the job is retried as it is', async () => {
	const api = await startOnSqlite();
	const [id] = await api.push('t', { data: 1 });
	await api.post(`/v1/jobs/${id}/cancel`);
	const { status, json } = await api.post(`/v1/jobs/${id}/retry`, {}, { 'idempotency-key': '\u00e9' });
	expect([status, json.code, json.field]).toEqual([400, 'INVALID', 'Idempotency-Key']);
	expect((await api.get(`/v1/jobs/${id}`)).json.state).toBe('cancelled');
});
