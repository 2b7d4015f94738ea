import { expect, test } from 'vitest';
import { onEachStore } from './kit.ts';

onEachStore('a job that is worked on', (start) => {
	test('says who has it, and is told its time', async () => {
		const api = await start();
		const [id] = await api.push('t', { data: 1, timeoutMs: 5_000 });
		const [job] = await api.take('t', { worker: 'web-1 é', leaseMs: 60_000 });
		expect(job).toMatchObject({ timeoutMs: 5_000, leaseExpiresAt: api.clock() + 5_000 });
		expect((await api.get(`/v1/jobs/${id}`)).json).toMatchObject({ worker: 'web-1 é', timeoutMs: 5_000 });
		const leases = [{ id, token: 1 }];
		api.clock.advance(1_000);
		const extended = await api.post('/v1/extend', { leases, leaseMs: 60_000 });
		expect(extended.json.leases).toEqual([{ id, status: 'ok', leaseExpiresAt: api.clock() + 4_000 }]);
	});

	test('shows through the seed API when it was taken, also when its time is shorter than the lease', async () => {
		const api = await start();
		await api.push('t', { data: {}, timeoutMs: 5_000 });
		const createdAt = api.clock();
		api.clock.advance(77);
		const { job } = (await api.get('/api/jobs/jobToRun?topic=t')).json;
		expect(job).toMatchObject({ createdAt, updatedAt: createdAt + 77 });
	});

	test('keeps what it was through, and counts failures, crashes and releases apart', async () => {
		const api = await start();
		const [id] = await api.push('t', { data: 1, maxAttempts: 9 });
		const settle = (outcome: object) => api.post('/v1/settle', { outcomes: [{ id, ...outcome }] });
		await api.take('t', { worker: 'w1' });
		await settle({ token: 1, outcome: 'retry', delayMs: 0, error: { n: 1 } });
		await api.take('t', { worker: 'w2', leaseMs: 100 });
		api.clock.advance(100);
		await api.engine.reclaim();
		await api.take('t');
		await settle({ token: 3, outcome: 'release' });
		const counts = { failures: 1, crashes: 1, releases: 1 };
		await api.take('t');
		const active = (await api.get(`/v1/jobs/${id}`)).json;
		expect(active).toMatchObject({ state: 'active', attempt: 3, ...counts });
		expect(active.history).toEqual([
			{ kind: 'crashed', at: api.clock(), attempt: 2, by: 'w2', error: null },
			{ kind: 'failed', at: api.clock() - 100, attempt: 1, by: 'w1', error: { n: 1 } },
		]);
		await settle({ token: 4, outcome: 'complete' });
		expect((await api.get(`/v1/jobs/${id}`)).json).toMatchObject({ state: 'completed', attempt: 3, ...counts });
		const { jobs } = (await api.post('/v1/jobs/lookup', { ids: [id] })).json;
		expect(jobs[0].history[0]).not.toHaveProperty('error');
	});

	test('is not charged when its worker had not started on it', async () => {
		const api = await start();
		const ids = await api.push('t', { data: 1 }, { data: 2 });
		const [first] = await api.take('t', { max: 2, worker: 'w1', marks: true, leaseMs: 1_000 });
		const leases = [{ id: first?.id, token: 1, started: true }];
		await api.post('/v1/extend', { leases, leaseMs: 1_000 });
		api.clock.advance(1_000);
		await api.engine.reclaim();
		const states = await Promise.all(ids.map(async (id) => (await api.get(`/v1/jobs/${id}`)).json));
		expect(states).toMatchObject([
			{ attempt: 1, crashes: 1, releases: 0 },
			{ attempt: 0, crashes: 0, releases: 1 },
		]);
	});

	test('may hold up its group for a time, whatever became of it', async () => {
		const api = await start();
		await api.push('t', { data: 1, group: 'g' }, { data: 2, group: 'g' }, { data: 3, group: 'h' });
		const [job] = await api.take('t');
		const outcome = { id: job?.id, token: job?.token, outcome: 'complete', parkMs: 30_000 };
		expect((await api.post('/v1/settle', { outcomes: [outcome] })).json.settled).toMatchObject([{ status: 'ok' }]);
		expect((await api.get('/v1/topics/t/groups/g')).json.parkedUntil).toBe(api.clock() + 30_000);
		expect(await api.take('t', { max: 5 })).toMatchObject([{ data: 3 }]);
		api.clock.advance(30_000);
		expect(await api.take('t', { max: 5 })).toMatchObject([{ data: 2 }]);
	});
});
