import { request } from 'node:http';
import { expect, test } from 'vitest';
import { until } from '../support/wait.ts';
import { type Api, onEachStore } from './kit.ts';

/** Starts a take over a real connection; `hangUp` breaks the connection. */
function openTake(url: string, body: object) {
	const call = request(`${url}/v1/take`, { method: 'POST', headers: { 'content-type': 'application/json' } });
	const answer = new Promise<{ status: number | undefined; json: { jobs: { data: unknown }[] } }>((resolve, reject) => {
		call.on('error', reject);
		call.on('response', async (response) => {
			let text = '';
			for await (const chunk of response) text += chunk;
			resolve({ status: response.statusCode, json: JSON.parse(text) });
		});
	});
	answer.catch(() => {});
	call.end(JSON.stringify(body));
	return { answer, hangUp: () => call.destroy() };
}

async function connections(api: Api): Promise<number> {
	return new Promise((resolve) => api.app.server.getConnections((_error, count) => resolve(count)));
}

onEachStore('a take', (start) => {
	test('answers jobs under a lease, with the payload and what a worker needs', async () => {
		const api = await start();
		const [id] = await api.push('t', { data: { a: 1 }, group: 'g', priority: 2 });
		const createdAt = api.clock();
		api.clock.advance(10);
		expect(await api.take('t', { leaseMs: 5_000 })).toEqual([
			{
				id,
				topic: 't',
				token: 1,
				data: { a: 1 },
				attempt: 1,
				maxAttempts: 4,
				priority: 2,
				group: 'g',
				createdAt,
				leaseExpiresAt: api.clock() + 5_000,
			},
		]);
	});

	test('without max gives one job, and the topics come in the order given', async () => {
		const api = await start();
		await api.push('a', { data: 'a1' }, { data: 'a2' });
		await api.push('b', { data: 'b1' });
		expect(await api.take('a')).toHaveLength(1);
		const { jobs } = (await api.post('/v1/take', { topics: ['b', 'a', 'b'], max: 5 })).json;
		expect(jobs.map((job: { data: string }) => job.data)).toEqual(['b1', 'a2']);
	});

	test('without waitMs answers at once with no jobs', async () => {
		const api = await start();
		expect((await api.post('/v1/take', { topics: ['t'] })).text).toBe('{"jobs":[]}');
	});

	test('takes its lease from the request, else from the topic that gives most, else from the server', async () => {
		const api = await start();
		await api.push('t', { data: 1 }, { data: 2 }, { data: 3 });
		const leaseOf = async (body: object) => {
			const [job] = (await api.post('/v1/take', { topics: ['t'], ...body })).json.jobs;
			return job.leaseExpiresAt - api.clock();
		};
		expect(await leaseOf({})).toBe(60_000);
		await api.send('PATCH', '/v1/topics/t', { leaseMs: 5_000 });
		expect(await leaseOf({ topics: ['t'] })).toBe(5_000);
		expect(await leaseOf({ topics: ['t'], leaseMs: 700 })).toBe(700);
		await api.push('u', { data: 1 });
		expect(await leaseOf({ topics: ['t', 'u'] })).toBe(60_000);
	});

	test('repeated with its requestId gives the same jobs and tokens, and leases no others', async () => {
		const api = await start();
		await api.push('t', { data: 1 }, { data: 2 }, { data: 3 });
		const first = await api.post('/v1/take', { topics: ['t'], max: 2, requestId: 'r1' });
		const second = await api.post('/v1/take', { topics: ['t'], max: 2, requestId: 'r1' });
		expect(second.text).toBe(first.text);
		expect(first.json.jobs).toHaveLength(2);
		expect(await api.counts()).toMatchObject([['t', { waiting: 1, active: 2 }]]);
	});

	test('a worker that has done nothing yet may hand in nothing', async () => {
		const api = await start();
		const take = await api.post('/v1/take', { topics: ['t'], settle: [] });
		expect([take.status, take.json]).toEqual([200, { jobs: [], settled: [] }]);
		const settle = await api.post('/v1/settle', { outcomes: [] });
		expect([settle.status, settle.json]).toEqual([200, { settled: [] }]);
		const extend = await api.post('/v1/extend', { leases: [], leaseMs: 1_000 });
		expect([extend.status, extend.json]).toEqual([200, { leases: [] }]);
	});

	test('settles first, in the same call', async () => {
		const api = await start();
		await api.push('t', { data: 1 }, { data: 2 });
		const [job] = await api.take('t');
		const settle = [
			{ id: job?.id, token: job?.token, outcome: 'complete', result: { ok: true } },
			{ id: 't:1', token: 1, outcome: 'complete' },
		];
		const { json } = await api.post('/v1/take', { topics: ['t'], settle });
		expect(json.settled).toEqual([
			{ id: job?.id, status: 'ok', state: 'completed', at: api.clock() },
			{ id: 't:1', status: 'missing' },
		]);
		expect(json.jobs.map((taken: { data: number }) => taken.data)).toEqual([2]);
	});

	test('may take the very job that it releases', async () => {
		const api = await start();
		await api.push('t', { data: 1 });
		const [job] = await api.take('t');
		const settle = [{ id: job?.id, token: job?.token, outcome: 'release' }];
		const { json } = await api.post('/v1/take', { topics: ['t'], settle, waitMs: 1_000 });
		expect(json.jobs[0]).toMatchObject({ id: job?.id, token: 2, attempt: 1 });
	});
});

// 20 s: less than the poll that forgives a lost hint, so that only the hint can end a wait with jobs.
onEachStore('a take that waits', (start) => {
	test('is answered by a push', async () => {
		const api = await start();
		const url = await api.listen();
		const { answer } = openTake(url, { topics: ['other', 't'], waitMs: 20_000 });
		await until(() => api.received > 0);
		await api.push('t', { data: 'news' });
		expect((await answer).json.jobs).toMatchObject([{ data: 'news', topic: 't' }]);
	});

	test('ends at waitMs with no jobs', async () => {
		const api = await start();
		const began = performance.now();
		expect(await api.take('t', { waitMs: 200 })).toEqual([]);
		expect(performance.now() - began).toBeGreaterThan(190);
	});

	test('answers at once when there are jobs', async () => {
		const api = await start();
		await api.push('t', { data: 1 });
		expect(await api.take('t', { waitMs: 60_000 })).toHaveLength(1);
	});

	test('settles before it waits', async () => {
		const api = await start();
		const url = await api.listen();
		const [id] = await api.push('t', { data: 1 });
		await api.take('t');
		const settle = [{ id, token: 1, outcome: 'complete' }];
		const { answer } = openTake(url, { topics: ['t'], waitMs: 20_000, settle });
		await until(async () => (await api.get(`/v1/jobs/${id}`)).json.state === 'completed');
		await api.push('t', { data: 2 });
		const { json } = await answer;
		expect(json).toMatchObject({ jobs: [{ data: 2 }], settled: [{ id, status: 'ok', state: 'completed' }] });
	});

	test('gives back at once what it got for a client that has gone meanwhile, and charges no attempt', async () => {
		const api = await start();
		const url = await api.listen();
		await api.push('t', { data: 1 });
		const take = api.engine.take.bind(api.engine);
		let isAsking = false;
		let answer = () => {};
		api.engine.take = async (request) => {
			isAsking = true;
			await new Promise<void>((resolve) => (answer = resolve));
			return take(request);
		};
		const { hangUp } = openTake(url, { topics: ['t'], waitMs: 20_000 });
		await until(() => isAsking);
		hangUp();
		await until(async () => (await connections(api)) === 0);
		answer();
		const job = async () => (await api.get('/v1/topics/t/jobs?state=waiting')).json.jobs[0];
		await until(async () => (await job())?.token === 1, { what: 'the job to be back' });
		expect(await job()).toMatchObject({ data: 1, attempt: 0 });
	});

	test('of a client that has gone takes no job', async () => {
		const api = await start();
		const url = await api.listen();
		const { hangUp } = openTake(url, { topics: ['t'], waitMs: 20_000 });
		await until(() => api.received > 0);
		hangUp();
		await until(async () => (await connections(api)) === 0);
		await api.push('t', { data: 1 });
		expect(await api.counts()).toMatchObject([['t', { waiting: 1, active: 0 }]]);
		expect(await api.take('t')).toMatchObject([{ data: 1, attempt: 1 }]);
	});

	test('is answered with no jobs when the server closes, and later requests are refused', async () => {
		const api = await start();
		const url = await api.listen();
		const { answer } = openTake(url, { topics: ['t'], waitMs: 20_000 });
		await until(() => api.received > 0);
		await api.app.close();
		expect(await answer).toEqual({ status: 200, json: { jobs: [] } });
		await expect(fetch(`${url}/livez`)).rejects.toThrow();
	});
});
