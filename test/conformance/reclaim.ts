import { expect, test } from 'vitest';
import { asRawJson } from '../../src/core/json.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { START } from '../support/clock.ts';
import {
	type GetSubject,
	getJob,
	idsOf,
	LEASE_MS,
	pushMany,
	pushOne,
	settle,
	sum,
	sweepAll,
	take,
	takeAll,
	takeOne,
} from './kit.ts';

export function reclaimTests(subject: GetSubject): void {
	test('a lease that has ended gives its job back to the tail, one attempt poorer', async () => {
		const { engine, clock } = subject();
		const [a = '', b] = await pushMany(engine, 'emails', 2);
		await takeOne(engine, 'emails');
		clock.advance(LEASE_MS);
		expect(await engine.reclaim()).toEqual({ count: 1, more: false, nextInMs: null });
		expect(await getJob(engine, a)).toMatchObject({ state: 'waiting', attempt: 1, token: 1, leaseExpiresAt: null });
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([b, a]);
	});

	test('a lease is left alone until its last millisecond, and a reclaim says how long that is', async () => {
		const { engine, clock } = subject();
		await pushMany(engine, 'emails', 2);
		await take(engine, 'emails', { leaseMs: 700 });
		await take(engine, 'emails', { leaseMs: 300 });
		clock.advance(299);
		expect(await engine.reclaim()).toEqual({ count: 0, more: false, nextInMs: 1 });
		clock.advance(1);
		expect(await engine.reclaim()).toEqual({ count: 1, more: false, nextInMs: 400 });
		clock.advance(400);
		expect(await engine.reclaim()).toEqual({ count: 1, more: false, nextInMs: null });
	});

	test('with nothing active a reclaim does nothing and has nothing in sight', async () => {
		const { engine } = subject();
		expect(await engine.reclaim()).toEqual({ count: 0, more: false, nextInMs: null });
	});

	test('the old holder of a reclaimed job is stale, before and after the next delivery', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails');
		const old = await takeOne(engine, 'emails');
		clock.advance(LEASE_MS);
		await engine.reclaim();
		expect(await settle(engine, old, 'complete')).toEqual({ status: 'stale' });
		const next = await takeOne(engine, 'emails');
		expect(next).toMatchObject({ id, token: 2, attempt: 2 });
		expect(await settle(engine, old, 'complete')).toEqual({ status: 'stale' });
		expect(await settle(engine, next, 'complete')).toMatchObject({ status: 'ok' });
	});

	test('a job whose leases end maxAttempts times is dead as crashed', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 3 });
		for (const attempt of [1, 2, 3]) {
			expect((await takeOne(engine, 'emails')).attempt).toBe(attempt);
			clock.advance(LEASE_MS);
			expect((await engine.reclaim()).count).toBe(1);
		}
		const dead = { state: 'dead', reason: 'crashed', attempt: 3, token: 3, finishedAt: START + 3 * LEASE_MS };
		expect(await getJob(engine, id)).toMatchObject({ ...dead, leaseExpiresAt: null, error: null });
		expect(await take(engine, 'emails')).toEqual([]);
	});

	test('failures and crashes are charged to the same attempts', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 2 });
		await settle(engine, await takeOne(engine, 'emails'), 'retry', { error: asRawJson('"boom"') });
		await takeOne(engine, 'emails');
		clock.advance(LEASE_MS);
		await engine.reclaim();
		expect(await getJob(engine, id)).toMatchObject({ state: 'dead', reason: 'crashed', attempt: 2, error: '"boom"' });
	});

	test('a reclaim is bounded, and says that more remain', async () => {
		const { engine, clock } = subject();
		const pushed = await pushMany(engine, 'emails', 2 * LIMITS.sweep + 50);
		await takeAll(engine, 'emails');
		clock.advance(LEASE_MS);
		expect(await engine.reclaim()).toMatchObject({ count: LIMITS.sweep, more: true });
		expect(sum(await sweepAll(() => engine.reclaim()))).toBe(LIMITS.sweep + 50);
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual(pushed);
	});

	test('leases of every topic are reclaimed, those of a paused topic too', async () => {
		const { engine, clock } = subject();
		const [a, b] = [await pushOne(engine, 'a'), await pushOne(engine, 'b')];
		await engine.take({ topics: ['a', 'b'], max: 2, leaseMs: LEASE_MS });
		await engine.pauseTopic('b', true);
		clock.advance(LEASE_MS);
		expect(sum(await sweepAll(() => engine.reclaim()))).toBe(2);
		expect((await getJob(engine, a)).state).toBe('waiting');
		expect((await getJob(engine, b)).state).toBe('waiting');
	});

	test('a reclaimed job joins the tail of its own lane', async () => {
		const { engine, clock } = subject();
		const [a1, a2] = await pushMany(engine, 'emails', 2, { group: 'a', priority: 1 });
		const low = await pushOne(engine, 'emails');
		await takeOne(engine, 'emails');
		clock.advance(LEASE_MS);
		await engine.reclaim();
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([a2, a1, low]);
	});
}
