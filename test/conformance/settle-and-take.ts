import { expect, test } from 'vitest';
import { START } from '../support/clock.ts';
import { type GetSubject, getJob, idsOf, LEASE_MS, only, pushMany, pushOne, takeOne } from './kit.ts';

export function settleAndTakeTests(subject: GetSubject): void {
	const request = { topics: ['emails'], max: 1, leaseMs: LEASE_MS };

	test('nothing to settle and nothing to take gives two empty answers', async () => {
		const { engine } = subject();
		expect(await engine.settleAndTake([], request)).toEqual({ settled: [], jobs: [] });
		expect(await engine.settleAndTake([], { ...request, topics: [] })).toEqual({ settled: [], jobs: [] });
	});

	test('it ends one delivery and gives the next job', async () => {
		const { engine } = subject();
		const [, second] = await pushMany(engine, 'emails', 2);
		const { id, token } = await takeOne(engine, 'emails');
		const { settled, jobs } = await engine.settleAndTake([{ id, token, outcome: 'complete' }], request);
		expect(settled).toEqual([{ status: 'ok', state: 'completed', at: START }]);
		expect(idsOf(jobs)).toEqual([second]);
	});

	test('it can take what it has just freed', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		let { token } = await takeOne(engine, 'emails');
		for (const [outcome, attempt] of [
			['release', 1],
			['retry', 2],
		] as const) {
			const { jobs } = await engine.settleAndTake([{ id, token, outcome }], request);
			expect(only(jobs)).toMatchObject({ id, token: token + 1, attempt });
			token += 1;
		}
	});

	test('a stale outcome does not keep it from taking', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		const outcomes = [
			{ id, token: 9, outcome: 'kill' as const },
			{ id: 'emails:5', token: 1, outcome: 'kill' as const },
		];
		const { settled, jobs } = await engine.settleAndTake(outcomes, request);
		expect(settled).toEqual([{ status: 'stale' }, { status: 'missing' }]);
		expect(idsOf(jobs)).toEqual([id]);
	});

	test('it settles in topics that it does not take from, and takes from topics that it does not settle in', async () => {
		const { engine } = subject();
		const a = await pushOne(engine, 'a');
		const b = await pushOne(engine, 'b');
		const c = await pushOne(engine, 'c');
		const { token } = await takeOne(engine, 'a');
		const outcomes = [{ id: a, token, outcome: 'complete' as const }];
		const { jobs } = await engine.settleAndTake(outcomes, { ...request, topics: ['c', 'b', 'a'], max: 5 });
		expect(idsOf(jobs)).toEqual([c, b]);
		expect((await getJob(engine, a)).state).toBe('completed');
	});

	test('a paused topic is settled in and not taken from', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 2);
		const { id, token } = await takeOne(engine, 'emails');
		await engine.pauseTopic('emails', true);
		const { settled, jobs } = await engine.settleAndTake([{ id, token, outcome: 'complete' }], request);
		expect(settled).toMatchObject([{ status: 'ok' }]);
		expect(jobs).toEqual([]);
	});

	test('repeated under the same request id it settles nothing twice and gives the same jobs', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 3);
		const { id, token } = await takeOne(engine, 'emails');
		const outcomes = [{ id, token, outcome: 'complete' as const }];
		const repeatable = { ...request, requestId: 'r1' };
		const first = await engine.settleAndTake(outcomes, repeatable);
		const second = await engine.settleAndTake(outcomes, repeatable);
		expect(second.settled).toEqual([{ status: 'stale' }]);
		expect(second.jobs).toEqual(first.jobs);
		expect(first.jobs).toHaveLength(1);
	});
}
