import { expect, test } from 'vitest';
import { type Api, onEachStore } from './kit.ts';

const explain = async (api: Api, id: string | undefined) => (await api.get(`/v1/jobs/${id}/explain`)).json;

onEachStore('an explanation', (start) => {
	test('of the next job says so', async () => {
		const api = await start();
		const [id] = await api.push('t', { data: 1 });
		const { lastTakeAt, ...rest } = await explain(api, id);
		expect(rest).toEqual({
			id,
			state: 'waiting',
			next: true,
			reasons: [],
			summary:
				'The job waits. It is next: a worker that takes from the topic now gets it. No worker has taken from this topic yet.',
		});
		expect(lastTakeAt).toBeNull();
	});

	test('gives facts and words for each reason', async () => {
		const api = await start();
		await api.send('PATCH', '/v1/topics/t', { groups: { concurrency: 1 } });
		const [holder, , id] = await api.push('t', ...[1, 2, 3].map((data) => ({ data, group: 'acme' })));
		await api.take('t');
		await api.post('/v1/topics/t/pause', { forMs: 240_000 });
		const { reasons, summary } = await explain(api, id);
		const pause = `the topic is paused until ${new Date(api.clock() + 240_000).toISOString().slice(0, 19).replace('T', ' ')} UTC, in 4 min`;
		const limit = `group acme is at its limit of 1, held by ${holder}`;
		expect(reasons).toEqual([
			{ code: 'topic_paused', until: api.clock() + 240_000, text: pause },
			{ code: 'group_limit', group: 'acme', limit: 1, heldBy: [holder], text: limit },
			{ code: 'behind', jobs: 1, groups: 0, text: 'behind 1 job' },
		]);
		expect(summary).toMatch(`The job waits: ${pause}; ${limit}; behind 1 job.`);
	});

	test('of a job that is not waiting says what it waits for', async () => {
		const api = await start();
		const unique = { key: 'k', onConflict: 'queueBehind' };
		const [late, first, second] = await api.push(
			't',
			{ data: 1, delayMs: 5_000 },
			{ data: 2, unique },
			{ data: 3, unique },
		);
		const due = await explain(api, late);
		expect(due).toMatchObject({ state: 'delayed', next: false, summary: 'The job is delayed: due in 5 s.' });
		expect(due.reasons).toEqual([{ code: 'due', at: api.clock() + 5_000, text: 'due in 5 s' }]);
		expect((await explain(api, second)).reasons).toEqual([
			{ code: 'unique', key: 'k', holder: first, text: `it runs after ${first}, which holds its key k` },
		]);
		await api.take('t');
		expect(await explain(api, first)).toMatchObject({ state: 'active', reasons: [] });
	});

	test('of a rate says when it opens', async () => {
		const api = await start();
		await api.send('PATCH', '/v1/topics/t', { rate: { limit: 1, perMs: 1_200 } });
		const [, id] = await api.push('t', { data: 1 }, { data: 2 });
		await api.take('t');
		expect((await explain(api, id)).reasons).toEqual([
			{ code: 'topic_rate', opensAt: api.clock() + 1_200, text: 'the rate limit of the topic opens in 1.2 s' },
		]);
	});

	test('is one of many in one request', async () => {
		const api = await start();
		const [a, b] = await api.push('t', { data: 1 }, { data: 2 });
		const { status, json } = await api.post('/v1/jobs/explain', { ids: [b, 't:1', a, 'no id'] });
		expect(status).toBe(200);
		expect(json).toEqual({ explanations: [await explain(api, b), null, await explain(api, a), null] });
	});
});
