import { expect, test } from 'vitest';
import { asRawJson } from '../../src/core/json.ts';
import { START } from '../support/clock.ts';
import { type GetSubject, getJob, idsOf, LEASE_MS, listAll, pushMany, pushOne, settle, take, takeOne } from './kit.ts';

export function extendTests(subject: GetSubject): void {
	test('progress is kept with the job, replaced by the next, and refused with a stale token', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		const { token } = await takeOne(engine, 'emails');
		expect((await getJob(engine, id)).progress).toBeNull();
		const say = (progress: string, by = token) =>
			engine.extend([{ id, token: by, progress: asRawJson(progress) }], LEASE_MS);
		await say('{"done":1.0}');
		expect((await getJob(engine, id)).progress).toBe('{"done":1.0}');
		await say('2');
		await engine.extend([{ id, token }], LEASE_MS);
		expect(await say('3', token + 1)).toEqual([{ status: 'stale' }]);
		expect((await getJob(engine, id)).progress).toBe('2');
		await settle(engine, { id, token }, 'complete');
		expect(await getJob(engine, id)).toMatchObject({ state: 'completed', progress: '2' });
	});

	test('no leases give no results', async () => {
		const { engine } = subject();
		expect(await engine.extend([], LEASE_MS)).toEqual([]);
	});

	test('a lease is prolonged from now on', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails');
		const { token } = await takeOne(engine, 'emails');
		clock.advance(4_000);
		const answer = await engine.extend([{ id, token }], LEASE_MS);
		expect(answer).toEqual([{ status: 'ok', leaseExpiresAt: START + 4_000 + LEASE_MS }]);
		const active = { state: 'active', attempt: 1, token, leaseExpiresAt: START + 4_000 + LEASE_MS };
		expect(await getJob(engine, id)).toMatchObject(active);
		clock.advance(LEASE_MS - 1);
		expect((await engine.reclaim()).count).toBe(0);
		clock.advance(1);
		expect((await engine.reclaim()).count).toBe(1);
	});

	test('a lease can be shortened', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails');
		const { token } = await takeOne(engine, 'emails');
		expect(await engine.extend([{ id, token }], 100)).toEqual([{ status: 'ok', leaseExpiresAt: START + 100 }]);
		clock.advance(100);
		expect((await engine.reclaim()).count).toBe(1);
	});

	test('a lease that has ended but was not reclaimed can be extended', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails');
		const { token } = await takeOne(engine, 'emails');
		clock.advance(LEASE_MS * 3);
		expect(await engine.extend([{ id, token }], 700)).toEqual([
			{ status: 'ok', leaseExpiresAt: START + LEASE_MS * 3 + 700 },
		]);
		expect((await engine.reclaim()).count).toBe(0);
	});

	test('a reclaimed lease is stale, and so is every delivery that has ended', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails');
		const first = await takeOne(engine, 'emails');
		clock.advance(LEASE_MS);
		await engine.reclaim();
		expect(await engine.extend([first], LEASE_MS)).toEqual([{ status: 'stale' }]);
		const second = await takeOne(engine, 'emails');
		expect(await engine.extend([first], 60_000)).toEqual([{ status: 'stale' }]);
		expect((await getJob(engine, id)).leaseExpiresAt).toBe(second.leaseExpiresAt);
		await settle(engine, second, 'complete');
		expect(await engine.extend([second], LEASE_MS)).toEqual([{ status: 'stale' }]);
		expect((await getJob(engine, id)).leaseExpiresAt).toBeNull();
	});

	test('a job that was never taken is stale, and one that does not exist is missing', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		const ids = [id, 'emails:1', 'nobody:1700000000000', 'no id', ''];
		const leases = ids.map((each) => ({ id: each, token: 1 }));
		const statuses = (await engine.extend(leases, LEASE_MS)).map(({ status }) => status);
		expect(statuses).toEqual(['stale', 'missing', 'missing', 'missing', 'missing']);
	});

	test('results stand at the index of their lease, over topics', async () => {
		const { engine } = subject();
		await pushOne(engine, 'a');
		await pushOne(engine, 'b');
		const [a, b] = [await takeOne(engine, 'a'), await takeOne(engine, 'b')];
		const leases = [{ id: b.id, token: 7 }, a, { id: 'a:1', token: 1 }, b, a];
		const statuses = (await engine.extend(leases, LEASE_MS)).map(({ status }) => status);
		expect(statuses).toEqual(['stale', 'ok', 'missing', 'ok', 'ok']);
	});

	test('active jobs are listed by the new ends of their leases', async () => {
		const { engine } = subject();
		const [a, b, c] = await pushMany(engine, 'emails', 3);
		const jobs = await take(engine, 'emails', { max: 3 });
		await engine.extend(jobs.slice(0, 1), 60_000);
		await engine.extend(jobs.slice(2), 500);
		expect(idsOf(await listAll(engine, 'emails', 'active'))).toEqual([c, b, a]);
	});
}
