import { expect, test } from 'vitest';
import { onEachStore } from './kit.ts';

onEachStore('topics', (start) => {
	test('are listed by name, page by page', async () => {
		const api = await start();
		for (const topic of ['c', 'a', 'b']) await api.push(topic, { data: 1 });
		const names: string[] = [];
		let cursor = '';
		do {
			const { json } = await api.get(`/v1/topics?limit=2&cursor=${encodeURIComponent(cursor)}`);
			names.push(...json.topics.map((topic: { topic: string }) => topic.topic));
			cursor = json.nextCursor ?? '';
		} while (cursor !== '');
		expect(names).toEqual(['a', 'b', 'c']);
	});

	test('say what they hold', async () => {
		const api = await start();
		await api.push('t', { data: 1 }, { data: 2 }, { data: 3, delayMs: 1_000 });
		await api.take('t');
		api.clock.advance(400);
		expect((await api.get('/v1/topics/t')).json).toEqual({
			topic: 't',
			paused: false,
			pausedUntil: null,
			counts: { waiting: 1, delayed: 1, active: 1, completed: 0, dead: 0, cancelled: 0 },
			oldestWaitingMs: 400,
			settings: {},
		});
	});

	test('keep settings that a patch sets, leaves or removes, and follow them at once', async () => {
		const api = await start();
		const patch = (body: object) => api.send('PATCH', '/v1/topics/t', body);
		const backoff = { type: 'fixed', delayMs: 5 };
		const dead = { count: 10, ageMs: 1_000 };
		expect((await patch({ maxAttempts: 2, backoff, dead })).json.settings).toEqual({ maxAttempts: 2, backoff, dead });
		const [id] = await api.push('t', { data: 1 });
		expect((await api.get(`/v1/jobs/${id}`)).json.maxAttempts).toBe(2);
		const rate = { limit: 100, perMs: 1_000, burst: 10 };
		const flow = { concurrency: 7, rate, groups: { concurrency: 1, rate }, waitingBytes: 5_000, finishedBytes: 0 };
		const kept = { cancelled: { count: 0, ageMs: 0 } };
		expect((await api.send('PATCH', '/v1/topics/u', { ...flow, ...kept })).json.settings).toEqual({ ...flow, ...kept });
		expect((await patch({ maxAttempts: null, leaseMs: 500 })).json.settings).toEqual({ backoff, dead, leaseMs: 500 });
		const [next] = await api.push('t', { data: 1 });
		expect((await api.get(`/v1/jobs/${next}`)).json.maxAttempts).toBe(4);
	});

	test('give no jobs while they are paused, through either API', async () => {
		const api = await start();
		await api.push('t', { data: {} });
		expect((await api.post('/v1/topics/t/pause')).json.paused).toBe(true);
		expect(await api.take('t')).toEqual([]);
		expect((await api.get('/api/jobs/jobToRun?topic=t')).status).toBe(404);
		expect((await api.post('/v1/topics/t/resume')).json.paused).toBe(false);
		expect(await api.take('t')).toHaveLength(1);
	});

	test('list their jobs in one state, page by page', async () => {
		const api = await start();
		const ids = await api.push('t', ...Array.from({ length: 5 }, (_, n) => ({ data: n })));
		const seen: string[] = [];
		let cursor: string | null = null;
		do {
			const more: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
			const { json } = await api.get(`/v1/topics/t/jobs?state=waiting&limit=2${more}`);
			seen.push(...json.jobs.map((job: { id: string }) => job.id));
			cursor = json.nextCursor;
		} while (cursor !== null);
		expect(seen).toEqual(ids);
		expect((await api.get('/v1/topics/none/jobs?state=dead')).text).toBe('{"jobs":[],"nextCursor":null}');
	});
});

onEachStore('jobs', (start) => {
	test('are deleted in any state but active', async () => {
		const api = await start();
		const [id, other] = await api.push('t', { data: 1 }, { data: 2 });
		await api.take('t');
		expect((await api.send('DELETE', `/v1/jobs/${other}`)).status).toBe(204);
		expect((await api.get(`/v1/jobs/${other}`)).status).toBe(404);
		expect((await api.send('DELETE', `/v1/jobs/${id}`)).status).toBe(409);
	});

	test('are found by an id that is percent-encoded or not', async () => {
		const api = await start();
		const [id = ''] = await api.push('t', { data: 1 });
		for (const url of [`/v1/jobs/${id}`, `/v1/jobs/${encodeURIComponent(id)}`]) {
			expect((await api.get(url)).json.id).toBe(id);
		}
	});

	test('that are dead wait again after a retry, with their attempts afresh', async () => {
		const api = await start();
		const [id] = await api.push('t', { data: 1 });
		await api.take('t');
		await api.post('/v1/settle', { outcomes: [{ id, token: 1, outcome: 'kill' }] });
		const { status, json } = await api.post(`/v1/jobs/${id}/retry`);
		expect([status, json.id, json.state, json.attempt]).toEqual([200, id, 'waiting', 0]);
		expect(await api.take('t')).toMatchObject([{ id, attempt: 1, token: 2 }]);
	});
});
