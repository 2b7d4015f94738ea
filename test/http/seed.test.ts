import { expect, test } from 'vitest';
import { type Api, onEachStore } from './kit.ts';

const push = (api: Api, topic: string, job: object) => api.post('/api/jobs', { job, topic });
const jobToRun = (api: Api, topic: string) => api.get(`/api/jobs/jobToRun?topic=${topic}`);
const mark = (api: Api, topic: string, jobId: string, more = {}) =>
	api.post('/api/jobs/mark', { jobId, topic, ...more });

onEachStore('the seed API', (start) => {
	test('a push answers the id and the message', async () => {
		const api = await start();
		const answer = await push(api, 'emails', { id: 'job3', type: 'email' });
		expect(answer.status).toBe(201);
		expect(answer.headers['content-type']).toMatch(/^application\/json/);
		expect(answer.text).toBe(`{"jobId":"emails:${api.clock()}","message":"Job added successfully"}`);
	});

	test('jobToRun answers the four fields, then those of the payload', async () => {
		const api = await start();
		await push(api, 'emails', { id: 'job2', type: 'email' });
		const createdAt = api.clock();
		api.clock.advance(3_451_000);
		const answer = await jobToRun(api, 'emails');
		expect(answer.status).toBe(200);
		expect(answer.text).toBe(
			`{"job":{"jobId":"emails:${createdAt}","createdAt":${createdAt},"updatedAt":${createdAt + 3_451_000},` +
				'"retryCount":0,"id":"job2","type":"email"},"message":"Job to run"}',
		);
	});

	test('mark answers the message and the four fields, updated when it was marked', async () => {
		const api = await start();
		await push(api, 'emails', { id: 'job2' });
		const createdAt = api.clock();
		await jobToRun(api, 'emails');
		api.clock.advance(1_500);
		const answer = await mark(api, 'emails', `emails:${createdAt}`);
		expect(answer.status).toBe(200);
		expect(answer.text).toBe(
			`{"message":"Job completed successfully","job":{"jobId":"emails:${createdAt}","createdAt":${createdAt},` +
				`"updatedAt":${createdAt + 1_500},"retryCount":0}}`,
		);
	});

	test('an empty topic answers 404 and the message', async () => {
		const answer = await jobToRun(await start(), 'emails');
		expect([answer.status, answer.text]).toEqual([404, '{"message":"No job available"}']);
	});

	test('mark answers 404 for a job that is unknown, waiting, marked already or of another topic', async () => {
		const api = await start();
		const { jobId } = (await push(api, 'emails', {})).json;
		const gone = [404, '{"message":"Job not found or already processed"}'];
		const answer = async (topic: string, id: string) => {
			const { status, text } = await mark(api, topic, id);
			return [status, text];
		};
		expect(await answer('emails', 'emails:1')).toEqual(gone);
		expect(await answer('emails', jobId)).toEqual(gone);
		await jobToRun(api, 'emails');
		expect(await answer('letters', jobId)).toEqual(gone);
		expect((await answer('emails', jobId))[0]).toBe(200);
		expect(await answer('emails', jobId)).toEqual(gone);
	});

	test('jobs of a topic come first in, first out, and topics do not mix', async () => {
		const api = await start();
		for (const n of [1, 2, 3]) {
			await push(api, 'emails', { n });
			await push(api, 'letters', { n: n * 10 });
		}
		const taken = async (topic: string) => (await jobToRun(api, topic)).json.job.n;
		expect([await taken('letters'), await taken('emails'), await taken('emails')]).toEqual([10, 1, 2]);
		expect([await taken('letters'), await taken('letters'), await taken('emails')]).toEqual([20, 30, 3]);
		expect((await jobToRun(api, 'emails')).status).toBe(404);
	});

	test('10,000 pushes at once get 10,000 ids and are taken in their order', async () => {
		const api = await start();
		const answers = await Promise.all(Array.from({ length: 10_000 }, (_, n) => push(api, 'bulk', { n })));
		const pushed = answers.map((answer) => answer.json.jobId as string);
		expect(new Set(pushed).size).toBe(10_000);
		const taken: string[] = [];
		for (let batch = await api.take('bulk', { max: 1_000 }); batch.length > 0; ) {
			taken.push(...batch.map((job) => job.id));
			batch = await api.take('bulk', { max: 1_000 });
		}
		const byNumber = [...pushed].sort((a, b) => Number(a.split(':')[1]) - Number(b.split(':')[1]));
		expect(taken).toEqual(byNumber);
	});

	test('a job not marked in time runs again, three times, and then leaves for the dead letters', async () => {
		const api = await start();
		const { jobId } = (await push(api, 'emails', { id: 'a' })).json;
		for (const retryCount of [0, 1, 2, 3]) {
			const { job } = (await jobToRun(api, 'emails')).json;
			expect([job.jobId, job.retryCount]).toEqual([jobId, retryCount]);
			api.clock.advance(60_000);
			await api.engine.reclaim();
		}
		expect((await jobToRun(api, 'emails')).status).toBe(404);
		expect((await mark(api, 'emails', jobId)).status).toBe(404);
		const dead = (await api.get('/v1/topics/emails/jobs?state=dead')).json.jobs;
		expect(dead.map((job: { id: string; reason: string }) => [job.id, job.reason])).toEqual([[jobId, 'crashed']]);
		expect((await api.post(`/v1/jobs/${jobId}/retry`)).json.state).toBe('waiting');
		expect((await jobToRun(api, 'emails')).json.job).toMatchObject({ jobId, retryCount: 0 });
	});

	test('mark with a token completes only that delivery', async () => {
		const api = await start();
		const { jobId } = (await push(api, 'emails', {})).json;
		await jobToRun(api, 'emails');
		api.clock.advance(60_000);
		await api.engine.reclaim();
		await jobToRun(api, 'emails');
		expect((await mark(api, 'emails', jobId, { token: 1 })).status).toBe(404);
		expect((await mark(api, 'emails', jobId, { token: 2 })).json.job.retryCount).toBe(1);
	});

	test('payload fields with one of the four names are shadowed here and untouched in v1', async () => {
		const api = await start();
		const job = { jobId: 'mine', a: 1, createdAt: 'x', updatedAt: null, retryCount: -1, b: 2 };
		const { jobId } = (await push(api, 'emails', job)).json;
		const taken = (await jobToRun(api, 'emails')).json.job;
		expect(Object.keys(taken)).toEqual(['jobId', 'createdAt', 'updatedAt', 'retryCount', 'a', 'b']);
		expect([taken.jobId, taken.retryCount]).toEqual([jobId, 0]);
		expect((await api.get(`/v1/jobs/${jobId}`)).json.data).toEqual(job);
	});

	test('a v1 payload that is not an object shows as the field data', async () => {
		const api = await start();
		await api.post('/v1/topics/emails/jobs', '{"data":[1.0,"x"]}');
		expect((await jobToRun(api, 'emails')).text).toContain('"retryCount":0,"data":[1.0,"x"]},"message"');
	});

	test('a push repeated under its Idempotency-Key adds no second job', async () => {
		const api = await start();
		const send = () => api.post('/api/jobs', { job: { a: 1 }, topic: 'emails' }, { 'idempotency-key': 'once' });
		const [first, second] = [await send(), await send()];
		expect([first.status, second.status]).toEqual([201, 200]);
		expect(second.text).toBe(first.text);
		expect(await api.counts()).toMatchObject([['emails', { waiting: 1 }]]);
	});

	test('a trailing slash makes no difference, and HEAD takes nothing', async () => {
		const api = await start();
		expect((await api.post('/api/jobs/', { job: {}, topic: 'emails' })).status).toBe(201);
		await api.send('HEAD', '/api/jobs/jobToRun?topic=emails');
		expect(await api.counts()).toMatchObject([['emails', { waiting: 1, active: 0 }]]);
	});
});
