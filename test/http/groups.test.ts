import { expect, test } from 'vitest';
import { onEachStore } from './kit.ts';

const NOTHING = { paused: false, pausedUntil: null, parkedUntil: null, waiting: 0, active: 0, settings: {} };

onEachStore('groups', (start) => {
	test('say what holds for them and what they have', async () => {
		const api = await start();
		await api.push('t', { data: 1, group: 'acme' }, { data: 2, group: 'acme' });
		await api.take('t');
		const url = '/v1/topics/t/groups/acme';
		expect((await api.get(url)).json).toEqual({ ...NOTHING, group: 'acme', waiting: 1, active: 1 });
		const rate = { limit: 10, perMs: 1_000 };
		const patched = await api.send('PATCH', url, { weight: 5, concurrency: 1, rate });
		expect([patched.status, patched.json.settings]).toEqual([200, { weight: 5, concurrency: 1, rate }]);
		expect(await api.take('t')).toEqual([]);
		const freed = await api.send('PATCH', url, { concurrency: null, rate: null });
		expect(freed.json).toEqual({ ...NOTHING, group: 'acme', waiting: 1, active: 1, settings: { weight: 5 } });
		expect(await api.take('t')).toHaveLength(1);
	});

	test('that nobody knows are empty, also in a topic that nobody knows', async () => {
		const api = await start();
		expect((await api.get('/v1/topics/none/groups/acme')).json).toEqual({ ...NOTHING, group: 'acme' });
		expect((await api.get('/v1/topics/none/groups')).text).toBe('{"groups":[],"nextCursor":null}');
	});

	test.each(['a/b', 'two words', 'é', '100%', '?', '#', '...', '"', 'lookup', '%2F', '{x}', 'a\\b'])(
		'have any name, percent-encoded: %s',
		async (group) => {
			const api = await start();
			const url = `/v1/topics/t/groups/${encodeURIComponent(group)}`;
			expect((await api.send('PATCH', url, { weight: 2 })).json).toMatchObject({ group, settings: { weight: 2 } });
			expect((await api.post(`${url}/pause`)).json).toMatchObject({ group, paused: true });
			expect((await api.get(url)).json).toMatchObject({ group, paused: true, settings: { weight: 2 } });
			expect((await api.get('/v1/topics/t/groups')).json.groups).toMatchObject([{ group, paused: true }]);
		},
	);

	test('are listed that have settings or are paused, page by page in the order of their bytes', async () => {
		const api = await start();
		await api.push('t', { data: 1, group: 'plain' });
		for (const group of ['b', 'é', 'a']) await api.send('PATCH', `/v1/topics/t/groups/${group}`, { weight: 2 });
		await api.post('/v1/topics/t/groups/z/pause');
		const names: string[] = [];
		let cursor = '';
		do {
			const { json } = await api.get(`/v1/topics/t/groups?limit=2&cursor=${encodeURIComponent(cursor)}`);
			names.push(...json.groups.map(({ group }: { group: string }) => group));
			cursor = json.nextCursor ?? '';
		} while (cursor !== '');
		expect(names).toEqual(['a', 'b', 'z', 'é']);
	});

	test('are looked up many at once, in the order asked', async () => {
		const api = await start();
		await api.push('t', { data: 1, group: 'b' });
		const { json } = await api.post('/v1/topics/t/groups/lookup', { groups: ['a', 'b', 'a'] });
		const of = (group: string, waiting: number) => ({ ...NOTHING, group, waiting });
		expect(json).toEqual({ groups: [of('a', 0), of('b', 1), of('a', 0)] });
	});

	test('that are paused give no jobs until they are resumed, and the others do', async () => {
		const api = await start();
		await api.push('t', { data: 'a', group: 'a' }, { data: 'b', group: 'b' });
		await api.post('/v1/topics/t/groups/a/pause');
		expect(await api.take('t', { max: 5 })).toMatchObject([{ data: 'b' }]);
		expect((await api.post('/v1/topics/t/groups/a/resume')).json).toMatchObject({ group: 'a', paused: false });
		expect(await api.take('t', { max: 5 })).toMatchObject([{ data: 'a' }]);
	});
});

onEachStore('a pause', (start) => {
	test.each(['/v1/topics/t', '/v1/topics/t/groups/g'])('of %s may end by itself', async (url) => {
		const api = await start();
		await api.push('t', { data: 1, group: 'g' });
		const until = api.clock() + 5_000;
		for (const body of [{ until }, { forMs: 5_000 }]) {
			const { status, json } = await api.post(`${url}/pause`, body);
			expect([status, json.paused, json.pausedUntil]).toEqual([200, true, until]);
		}
		api.clock.advance(4_999);
		expect(await api.take('t')).toEqual([]);
		api.clock.advance(1);
		expect((await api.get(url)).json).toMatchObject({ paused: false, pausedUntil: null });
		expect(await api.take('t')).toHaveLength(1);
	});

	test.each(['/v1/topics/t', '/v1/topics/t/groups/g'])('of %s without an end lasts', async (url) => {
		const api = await start();
		await api.push('t', { data: 1, group: 'g' });
		await api.post(`${url}/pause`, { forMs: 1 });
		expect((await api.post(`${url}/pause`)).json).toMatchObject({ paused: true, pausedUntil: null });
		api.clock.advance(86_400_000);
		expect(await api.take('t')).toEqual([]);
		expect((await api.post(`${url}/resume`)).json).toMatchObject({ paused: false, pausedUntil: null });
		expect(await api.take('t')).toHaveLength(1);
	});
});
