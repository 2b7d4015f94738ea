import { expect, test } from 'vitest';
import { asRawJson } from '../../src/core/json.ts';
import { START } from '../support/clock.ts';
import { type GetSubject, getJob, idsOf, pushMany, pushOne, settle, sweepAll, take, takeAll, takeOne } from './kit.ts';

export function settleTests(subject: GetSubject): void {
	test('no outcomes give no results', async () => {
		const { engine } = subject();
		expect(await engine.settle([])).toEqual([]);
	});

	test('a completed job is completed, with its result and the time', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails');
		const job = await takeOne(engine, 'emails');
		clock.advance(40);
		const result = asRawJson('{"sent":1}');
		expect(await settle(engine, job, 'complete', { result })).toEqual({
			status: 'ok',
			state: 'completed',
			at: START + 40,
		});
		const completed = { state: 'completed', attempt: 1, token: 1, leaseExpiresAt: null, finishedAt: START + 40 };
		expect(await getJob(engine, id)).toMatchObject({ ...completed, result, error: null, reason: null });
	});

	test('a job completed without a result has none', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		await settle(engine, await takeOne(engine, 'emails'), 'complete');
		expect((await getJob(engine, id)).result).toBeNull();
	});

	test('a kill may bring a reason of its own', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		await settle(engine, await takeOne(engine, 'emails'), 'kill', { reason: 'invalid_payload' });
		expect(await getJob(engine, id)).toMatchObject({ state: 'dead', reason: 'invalid_payload' });
	});

	test('a killed job is dead at once, whatever attempts it has left', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 5 });
		const error = asRawJson('{"message":"no such address"}');
		const answer = await settle(engine, await takeOne(engine, 'emails'), 'kill', { error });
		expect(answer).toEqual({ status: 'ok', state: 'dead', at: START });
		const dead = { state: 'dead', reason: 'killed', attempt: 1, finishedAt: START, error, result: null };
		expect(await getJob(engine, id)).toMatchObject(dead);
	});

	test('a retried job waits again at the tail, one attempt poorer', async () => {
		const { engine } = subject();
		const [first = '', second = ''] = await pushMany(engine, 'emails', 2);
		const error = asRawJson('"boom"');
		const answer = await settle(engine, await takeOne(engine, 'emails'), 'retry', { error });
		expect(answer).toEqual({ status: 'ok', state: 'waiting', at: START });
		expect(await getJob(engine, first)).toMatchObject({ state: 'waiting', attempt: 1, token: 1, error, runAt: null });
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([second, first]);
		expect(await getJob(engine, first)).toMatchObject({ state: 'active', attempt: 2, token: 2 });
	});

	test('a job retried with a delay is delayed until then, and joins the tail', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails');
		const job = await takeOne(engine, 'emails');
		clock.advance(10);
		const answer = await settle(engine, job, 'retry', { delayMs: 500 });
		expect(answer).toEqual({ status: 'ok', state: 'delayed', at: START + 10 });
		const delayed = { state: 'delayed', attempt: 1, runAt: START + 510, leaseExpiresAt: null };
		expect(await getJob(engine, id)).toMatchObject(delayed);
		const later = await pushOne(engine, 'emails');
		clock.advance(500);
		await sweepAll(() => engine.promote());
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([later, id]);
	});

	test('a retry that has no attempt left makes the job dead as failed, delay or not', async () => {
		const { engine } = subject();
		const ids = await pushMany(engine, 'emails', 2, { maxAttempts: 1 });
		const [a, b] = await take(engine, 'emails', { max: 2 });
		if (a === undefined || b === undefined) throw new Error('Expected two jobs');
		const error = asRawJson('"boom"');
		expect(await settle(engine, a, 'retry', { error })).toEqual({ status: 'ok', state: 'dead', at: START });
		expect(await settle(engine, b, 'retry', { delayMs: 60 })).toEqual({ status: 'ok', state: 'dead', at: START });
		const [first, second] = await engine.getJobs(ids);
		expect(first).toMatchObject({ state: 'dead', reason: 'failed', attempt: 1, finishedAt: START, error });
		expect(second).toMatchObject({ state: 'dead', reason: 'failed', attempt: 1, finishedAt: START, runAt: null });
	});

	test('a job runs maxAttempts times and not once more', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 3 });
		for (const attempt of [1, 2, 3]) {
			const job = await takeOne(engine, 'emails');
			expect(job.attempt).toBe(attempt);
			await settle(engine, job, 'retry');
		}
		expect(await take(engine, 'emails')).toEqual([]);
		expect(await getJob(engine, id)).toMatchObject({ state: 'dead', reason: 'failed', attempt: 3 });
	});

	test('a release gives the attempt back, and never the token', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 1 });
		for (const token of [1, 2, 3]) {
			const job = await takeOne(engine, 'emails');
			expect(job).toMatchObject({ attempt: 1, token });
			expect(await settle(engine, job, 'release')).toEqual({ status: 'ok', state: 'waiting', at: START });
			expect(await getJob(engine, id)).toMatchObject({ state: 'waiting', attempt: 0, token, leaseExpiresAt: null });
		}
	});

	test('a job released with a delay is delayed and has its attempt back', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		const answer = await settle(engine, await takeOne(engine, 'emails'), 'release', { delayMs: 30 });
		expect(answer).toEqual({ status: 'ok', state: 'delayed', at: START });
		expect(await getJob(engine, id)).toMatchObject({ state: 'delayed', attempt: 0, token: 1, runAt: START + 30 });
	});

	test('the error of the latest failure stays with the job through later runs', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 5 });
		await settle(engine, await takeOne(engine, 'emails'), 'retry', { error: asRawJson('1') });
		await settle(engine, await takeOne(engine, 'emails'), 'retry', { error: asRawJson('2') });
		expect((await getJob(engine, id)).error).toBe('2');
		const job = await takeOne(engine, 'emails');
		expect((await getJob(engine, id)).error).toBe('2');
		await settle(engine, job, 'complete', { result: asRawJson('3') });
		expect(await getJob(engine, id)).toMatchObject({ result: '3', error: '2' });
	});

	test('a failure without an error takes the place of one that had one', async () => {
		const { engine } = subject();
		for (const outcome of ['retry', 'kill'] as const) {
			const id = await pushOne(engine, 'emails');
			await settle(engine, await takeOne(engine, 'emails'), 'retry', { error: asRawJson('1') });
			await settle(engine, await takeOne(engine, 'emails'), outcome);
			expect((await getJob(engine, id)).error).toBeNull();
			await engine.deleteJobs([id]);
		}
	});

	test('a thousand jobs can be settled at once', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 1_000);
		const jobs = await take(engine, 'emails', { max: 1_000 });
		const answers = await engine.settle(jobs.map(({ id, token }) => ({ id, token, outcome: 'complete' })));
		expect(answers).toEqual(Array(1_000).fill({ status: 'ok', state: 'completed', at: START }));
	});
}
