import { expect, test } from 'vitest';
import { BAD_NUMBERS, BAD_TOPICS, NOT_OBJECTS, NOT_TOPICS, shown } from './bad-values.ts';
import { onEachStore } from './kit.ts';
import { refused } from './refused.ts';

onEachStore('bad input to the seed API', (start) => {
	test.each(['job', 'topic'])('a body without %s', async (field) => {
		const api = await start();
		const body: Record<string, unknown> = { job: {}, topic: 't' };
		delete body[field];
		const { json } = await refused(api, () => api.post('/api/jobs', body));
		expect(Object.keys(json)).toEqual(['message']);
		expect(json.message).toMatch(new RegExp(`^${field} must be .*, received nothing$`));
	});

	test.each(NOT_OBJECTS)('a job that is %j', async (job) => {
		const api = await start();
		const { json } = await refused(api, () => api.post('/api/jobs', { job, topic: 't' }));
		expect(json).toEqual({ message: `job must be a JSON object, received ${JSON.stringify(job)}` });
	});

	test.each([...BAD_TOPICS, ...NOT_TOPICS])('the topic %j', async (topic) => {
		const api = await start();
		const push = await refused(api, () => api.post('/api/jobs', { job: {}, topic }));
		expect(push.json.message).toContain('topic must be 1 to 128 of');
		expect(push.json.message).toContain(`received ${shown(topic)}`);
		const mark = await api.post('/api/jobs/mark', { jobId: 't:1', topic });
		expect([mark.status, mark.json.message]).toEqual([400, push.json.message]);
		if (typeof topic !== 'string') return;
		const take = await api.get(`/api/jobs/jobToRun?topic=${encodeURIComponent(topic)}`);
		expect([take.status, take.json.message]).toEqual([400, push.json.message]);
	});

	test('jobToRun without a topic, with two, or with something else', async () => {
		const api = await start();
		const get = (query: string) => refused(api, () => api.get(`/api/jobs/jobToRun${query}`));
		expect((await get('')).json.message).toContain('topic must be 1 to 128 of');
		expect((await get('?topic=t&topic=u')).json.message).toContain('received ["t","u"]');
		expect((await get('?topic=t&max=2')).json.message).toBe('max is not a known field; known: topic; received "2"');
	});

	test.each([undefined, null, 1, '', 'x', 't', 't:', 't:0', 't:01', 't:x', 't:1:2', 't:9007199254740993'])(
		'the job id %j',
		async (jobId) => {
			const api = await start();
			const { json } = await refused(api, () => api.post('/api/jobs/mark', { jobId, topic: 't' }));
			const received = jobId === undefined ? 'nothing' : JSON.stringify(jobId);
			expect(json).toEqual({ message: `jobId must be a job id like emails:1732616363278, received ${received}` });
		},
	);

	test.each(BAD_NUMBERS.filter((number) => number !== '9007199254740993'))('the token %s', async (token) => {
		const api = await start();
		const body = `{"jobId":"t:1","topic":"t","token":${token}}`;
		expect((await refused(api, () => api.post('/api/jobs/mark', body))).json.message).toMatch(/^token must be/);
	});

	test('an unknown field is named together with those that are known', async () => {
		const api = await start();
		const { json } = await refused(api, () => api.post('/api/jobs', { job: {}, topic: 't', priority: 5 }));
		expect(json).toEqual({ message: 'priority is not a known field; known: job, topic; received 5' });
	});

	test('an unknown job', async () => {
		const api = await start();
		await refused(api, () => api.post('/api/jobs/mark', { jobId: 't:12345', topic: 't' }), 404);
	});
});
