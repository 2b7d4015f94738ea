import { expect, test } from 'vitest';
import { onEachStore } from './kit.ts';

onEachStore('/v1/doctor', (start) => {
	test('examines a topic step by step, and what belongs to none', async () => {
		const api = await start();
		await api.push('emails', ...Array.from({ length: 5 }, (_, n) => ({ data: n })));
		const first = (await api.get('/v1/doctor?topic=emails&limit=2')).json;
		expect(first).toEqual({ examined: expect.any(Number), defects: [], nextCursor: expect.any(String) });
		let { examined, nextCursor } = first;
		while (nextCursor !== null) {
			const { status, json } = await api.get(`/v1/doctor?topic=emails&limit=2&cursor=${nextCursor}`);
			expect([status, json.defects]).toEqual([200, []]);
			examined += json.examined;
			nextCursor = json.nextCursor;
		}
		expect(examined).toBeGreaterThanOrEqual(5);
		expect((await api.get('/v1/doctor')).json).toMatchObject({ defects: [], nextCursor: null });
		expect((await api.get('/v1/doctor?topic=none')).json).toEqual({ examined: 0, defects: [], nextCursor: null });
	});

	test('a repair is a POST; one that has nothing to do stands in no log', async () => {
		const api = await start();
		await api.push('emails', { data: 1 });
		const { status, json } = await api.post('/v1/doctor', { topic: 'emails', repair: true });
		expect([status, json.defects]).toEqual([200, []]);
		expect((await api.get('/v1/audit')).json.entries).toEqual([]);
	});

	test('what it does not know is refused', async () => {
		const api = await start();
		const url = '/v1/doctor';
		for (const query of ['topic=', 'limit=0', 'limit=501', 'repair=true', 'topic=emails&cursor=x', 'state=dead']) {
			expect([query, (await api.get(`${url}?${query}`)).status]).toEqual([query, 400]);
		}
		for (const body of [
			undefined,
			{},
			{ repair: false },
			{ repair: true, topic: 7 },
			'{"repair":true,"repair":true}',
		]) {
			expect([body, (await api.post(url, body)).status]).toEqual([body, 400]);
		}
	});
});
