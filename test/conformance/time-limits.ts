import { expect, test } from 'vitest';
import { START } from '../support/clock.ts';
import {
	cancel,
	explain,
	type GetSubject,
	getJob,
	idsOf,
	LEASE_MS,
	pushed,
	pushMany,
	pushOne,
	settle,
	stateOf,
	take,
	takeAll,
	takeOne,
} from './kit.ts';
import { keyed } from './unique.ts';

const EXPIRED = { state: 'dead', reason: 'expired', attempt: 0, token: 0 };

export function timeLimitsTests(subject: GetSubject): void {
	test('a lease never reaches beyond the time that its job may run', async () => {
		const { engine, clock } = subject();
		await pushOne(engine, 'emails', { timeoutMs: 10_000 });
		const job = await takeOne(engine, 'emails', { leaseMs: LEASE_MS });
		expect(job).toMatchObject({ leaseExpiresAt: START + 10_000, timeoutMs: 10_000 });
		clock.advance(4_000);
		expect(await engine.extend([job], 5_000)).toEqual([{ status: 'ok', leaseExpiresAt: START + 9_000 }]);
		expect(await engine.extend([job], LEASE_MS)).toEqual([{ status: 'ok', leaseExpiresAt: START + 10_000 }]);
		clock.advance(5_999);
		expect(await engine.extend([job], 1_000)).toEqual([{ status: 'ok', leaseExpiresAt: START + 10_000 }]);
		clock.advance(1);
		expect(await engine.extend([job], 1_000)).toEqual([{ status: 'stale' }]);
	});

	test('a shorter lease ends before its job has run too long, and that is a crash', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { timeoutMs: LEASE_MS });
		expect(await takeOne(engine, 'emails', { leaseMs: 5_000 })).toMatchObject({ leaseExpiresAt: START + 5_000 });
		clock.advance(5_000);
		await engine.reclaim();
		expect(await getJob(engine, id)).toMatchObject({ crashes: 1, history: [{ kind: 'crashed' }] });
	});

	test('a run that takes too long uses an attempt and is no crash; the last one makes the job dead', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { timeoutMs: 1_000, maxAttempts: 2, maxCrashes: 1 });
		await takeOne(engine, 'emails', { worker: 'w' });
		clock.advance(1_000);
		expect(await engine.reclaim()).toMatchObject({ count: 1 });
		const history = [{ kind: 'timeout', at: START + 1_000, attempt: 1, by: 'w', error: null }];
		expect(await getJob(engine, id)).toMatchObject({ state: 'waiting', attempt: 1, crashes: 0, releases: 0, history });
		await takeOne(engine, 'emails');
		clock.advance(1_000);
		await engine.reclaim();
		expect(await getJob(engine, id)).toMatchObject({ state: 'dead', reason: 'timeout', attempt: 2, crashes: 0 });
	});

	test('each run has the whole time, and a job that ends within it is as any other', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { timeoutMs: 1_000 });
		for (let n = 0; n < 2; n++) {
			const job = await takeOne(engine, 'emails');
			expect(job.leaseExpiresAt).toBe(clock() + 1_000);
			clock.advance(999);
			await settle(engine, job, n === 0 ? 'release' : 'complete');
		}
		expect(await stateOf(engine, id)).toBe('completed');
	});

	test('a run that is over time but was not reclaimed may still be settled', async () => {
		const { engine, clock } = subject();
		await pushOne(engine, 'emails', { timeoutMs: 1_000 });
		const job = await takeOne(engine, 'emails');
		clock.advance(2_000);
		expect(await settle(engine, job, 'complete')).toMatchObject({ status: 'ok' });
	});

	test('a job that is not taken in time is dead as expired, and is never delivered, whoever looks first', async () => {
		const looks = ['take', 'promote', 'explain'] as const;
		for (const look of looks) {
			const { engine, clock } = subject();
			const [id = ''] = await pushMany(engine, look, 1, { ttlMs: 5_000 });
			const other = await pushOne(engine, look);
			const at = clock() + 5_000;
			clock.advance(4_999);
			await engine.promote();
			expect(await stateOf(engine, id)).toBe('waiting');
			clock.advance(1);
			if (look === 'promote') expect(await engine.promote()).toMatchObject({ count: 1 });
			if (look === 'explain') expect(await explain(engine, id)).toMatchObject({ state: 'dead', reasons: [] });
			expect(idsOf(await takeAll(engine, look))).toEqual([other]);
			expect(await getJob(engine, id)).toMatchObject({ ...EXPIRED, finishedAt: at, history: [] });
		}
	});

	test('a job that is taken in time may run on', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { ttlMs: 5_000 });
		clock.advance(4_999);
		const job = await takeOne(engine, 'emails');
		clock.advance(10_000);
		await engine.promote();
		expect(await stateOf(engine, id)).toBe('active');
		expect(await settle(engine, job, 'complete')).toMatchObject({ status: 'ok' });
	});

	test('a retry counts as a start: after the time it is not delivered, whether it waits or is delayed', async () => {
		const { engine, clock } = subject();
		const ids = await pushMany(engine, 'emails', 3, { ttlMs: 5_000 });
		const [a, b, c] = await take(engine, 'emails', { max: 3 });
		if (a === undefined || b === undefined || c === undefined) throw new Error('Expected three jobs');
		await settle(engine, a, 'retry');
		await settle(engine, b, 'retry', { delayMs: 20_000 });
		clock.advance(5_000);
		await engine.promote();
		await settle(engine, c, 'retry');
		expect(await takeAll(engine, 'emails')).toEqual([]);
		const expired = { state: 'dead', reason: 'expired', attempt: 1 };
		expect(await engine.getJobs(ids)).toMatchObject([expired, expired, expired]);
	});

	test('the time of a delayed job counts from when it is due', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { delayMs: 10_000, ttlMs: 1_000 });
		clock.advance(10_999);
		await engine.promote();
		expect(await stateOf(engine, id)).toBe('waiting');
		const late = await pushOne(engine, 'emails', { runAt: clock() + 500, ttlMs: 1_000 });
		clock.advance(1);
		expect(await take(engine, 'emails')).toEqual([]);
		expect(await getJob(engine, id)).toMatchObject(EXPIRED);
		clock.advance(60_000);
		// It was never due while somebody looked, and is too late by now.
		expect(await engine.promote()).toMatchObject({ count: 1 });
		expect(await getJob(engine, late)).toMatchObject(EXPIRED);
	});

	test('an expired job may be retried, and its times count anew', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { ttlMs: 5_000, retryForMs: 5_000 });
		clock.advance(9_000);
		await engine.promote();
		expect(await engine.retryJobs([id])).toEqual([{ status: 'ok' }]);
		clock.advance(4_999);
		await settle(engine, await takeOne(engine, 'emails'), 'retry');
		expect(await stateOf(engine, id)).toBe('waiting');
		clock.advance(1);
		expect(await take(engine, 'emails')).toEqual([]);
		expect(await getJob(engine, id)).toMatchObject({ state: 'dead', reason: 'expired' });
	});

	test('an expired job makes room: the next of its lane is taken in the same call, and its topic keeps few dead ones', async () => {
		const { engine, clock } = subject();
		await engine.putTopic('emails', { dead: { count: 2, ageMs: 1_000_000 } });
		const expired = await pushMany(engine, 'emails', 5, { ttlMs: 1_000 });
		const [left] = await pushMany(engine, 'emails', 1);
		clock.advance(1_000);
		expect(idsOf(await take(engine, 'emails'))).toEqual([left]);
		const states = (await engine.getJobs(expired)).map((job) => job?.state ?? null);
		expect(states).toEqual([null, null, null, 'dead', 'dead']);
	});

	test('a failed attempt is followed by another only within retryForMs', async () => {
		const { engine, clock } = subject();
		const ids = await pushMany(engine, 'emails', 3, { retryForMs: 10_000, maxAttempts: 100 });
		const [a, b, c] = await take(engine, 'emails', { max: 3, leaseMs: 10_000 });
		if (a === undefined || b === undefined || c === undefined) throw new Error('Expected three jobs');
		clock.advance(9_999);
		await settle(engine, a, 'retry');
		clock.advance(1);
		await settle(engine, b, 'retry', { delayMs: 5_000 });
		await engine.reclaim();
		expect(await engine.getJobs(ids)).toMatchObject([
			{ state: 'waiting', attempt: 1 },
			{ state: 'dead', reason: 'failed', attempt: 1 },
			{ state: 'dead', reason: 'crashed', attempt: 1 },
		]);
		// The one that was in time is delivered once more, and a release is no failure.
		const again = await takeOne(engine, 'emails');
		await settle(engine, again, 'release');
		expect(await getJob(engine, again.id)).toMatchObject({ state: 'waiting', releases: 1 });
		await settle(engine, await takeOne(engine, 'emails'), 'retry');
		expect(await stateOf(engine, again.id)).toBe('dead');
	});

	test('a cancelled job that is retried has its whole time again', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { ttlMs: 1_000 });
		await cancel(engine, id);
		clock.advance(50_000);
		await engine.retryJobs([id]);
		clock.advance(999);
		expect(idsOf(await take(engine, 'emails'))).toEqual([id]);
	});

	test('the terms of a job that is replaced or debounced count anew', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', keyed('keep', { ttlMs: 5_000 }));
		clock.advance(4_000);
		await pushed(engine, 'emails', keyed('replace', { ttlMs: 5_000 }));
		clock.advance(4_000);
		await pushed(engine, 'emails', keyed('debounce', { ttlMs: 1_000, delayMs: 8_000 }));
		clock.advance(8_999);
		await engine.promote();
		expect(idsOf(await take(engine, 'emails'))).toEqual([id]);
	});
}
