import { expect, test } from 'vitest';
import { asRawJson } from '../../src/core/json.ts';
import { START } from '../support/clock.ts';
import { batch } from '../support/jobs.ts';
import {
	type GetSubject,
	getJob,
	idsOf,
	idsOfPush,
	LEASE_MS,
	pushMany,
	pushOne,
	settle,
	take,
	takeAll,
	takeOne,
} from './kit.ts';

export function takeTests(subject: GetSubject): void {
	test('a topic that was never pushed to gives nothing, and is not made by a take', async () => {
		const { engine } = subject();
		expect(await take(engine, 'nobody')).toEqual([]);
		expect(await engine.getTopics(['nobody'])).toEqual([null]);
	});

	test('no topics give no jobs', async () => {
		const { engine } = subject();
		expect(await engine.take({ topics: [], max: 10, leaseMs: LEASE_MS })).toEqual([]);
	});

	test('a taken job carries all that a worker needs', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { data: asRawJson('{"a":1}'), priority: 4, group: 'g', maxAttempts: 2 });
		clock.advance(25);
		expect(await take(engine, 'emails')).toEqual([
			{
				id,
				topic: 'emails',
				token: 1,
				data: '{"a":1}',
				attempt: 1,
				maxAttempts: 2,
				priority: 4,
				group: 'g',
				createdAt: START,
				leaseExpiresAt: START + 25 + LEASE_MS,
			},
		]);
	});

	test('a taken job is active, with its lease, its token and the number of this run', async () => {
		const { engine } = subject();
		const { id } = await pushOne(engine, 'emails').then(() => takeOne(engine, 'emails', { leaseMs: 500 }));
		const active = { state: 'active', attempt: 1, token: 1, leaseExpiresAt: START + 500, finishedAt: null };
		expect(await getJob(engine, id)).toMatchObject(active);
	});

	test('a job is given to one taker only', async () => {
		const { engine } = subject();
		await pushOne(engine, 'emails');
		expect(await take(engine, 'emails')).toHaveLength(1);
		expect(await take(engine, 'emails')).toEqual([]);
	});

	test('takes made at the same time share the jobs between them', async () => {
		const { engine } = subject();
		const pushed = await pushMany(engine, 'emails', 100);
		const takes = Array.from({ length: 30 }, () => take(engine, 'emails', { max: 7 }));
		const taken = (await Promise.all(takes)).flat();
		expect(idsOf(taken).sort()).toEqual(pushed.sort());
	});

	test('a take gives as many as there are, up to max', async () => {
		const { engine } = subject();
		const pushed = await pushMany(engine, 'emails', 5);
		expect(idsOf(await take(engine, 'emails', { max: 3 }))).toEqual(pushed.slice(0, 3));
		expect(idsOf(await take(engine, 'emails', { max: 100 }))).toEqual(pushed.slice(3));
	});

	test('a thousand jobs can be taken at once', async () => {
		const { engine } = subject();
		const pushed = await pushMany(engine, 'emails', 1_000);
		expect(idsOf(await take(engine, 'emails', { max: 1_000 }))).toEqual(pushed);
	});

	test('topics do not mix', async () => {
		const { engine } = subject();
		const [a, b] = [await pushOne(engine, 'a'), await pushOne(engine, 'a.b')];
		expect(idsOf(await takeAll(engine, 'a'))).toEqual([a]);
		expect(idsOf(await takeAll(engine, 'a.b'))).toEqual([b]);
	});

	test('topics are served in the order given, and max holds for all of them together', async () => {
		const { engine } = subject();
		const pushed = await engine.push([batch('a', 2), batch('b', 3), batch('c', 2)]);
		const [a = [], b = [], c = []] = pushed.map(idsOfPush);
		const request = { topics: ['b', 'nobody', 'c', 'a'], max: 4, leaseMs: LEASE_MS };
		expect(idsOf(await engine.take(request))).toEqual([...b, ...c.slice(0, 1)]);
		expect(idsOf(await engine.take(request))).toEqual([...c.slice(1), ...a]);
	});

	test('a later topic waits for an earlier one, whatever its priority', async () => {
		const { engine } = subject();
		const low = await pushOne(engine, 'a', { priority: -5 });
		const high = await pushOne(engine, 'b', { priority: 5 });
		expect(idsOf(await engine.take({ topics: ['a', 'b'], max: 2, leaseMs: LEASE_MS }))).toEqual([low, high]);
	});

	test('a paused topic gives no jobs, and the other topics of the same take do', async () => {
		const { engine } = subject();
		const paused = await pushOne(engine, 'a');
		const running = await pushOne(engine, 'b');
		await engine.pauseTopic('a', true);
		const request = { topics: ['a', 'b'], max: 5, leaseMs: LEASE_MS };
		expect(idsOf(await engine.take(request))).toEqual([running]);
		await engine.pauseTopic('a', false);
		expect(idsOf(await engine.take(request))).toEqual([paused]);
	});

	test('every delivery has a higher token than the one before, however the one before ended', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 3 });
		const tokens: number[] = [];
		const next = async () => {
			const job = await takeOne(engine, 'emails');
			tokens.push(job.token);
			return job;
		};
		await settle(engine, await next(), 'release');
		await settle(engine, await next(), 'retry');
		await next();
		clock.advance(LEASE_MS);
		await engine.reclaim();
		await settle(engine, await next(), 'kill');
		await engine.retryJobs([id]);
		await settle(engine, await next(), 'release', { delayMs: 5 });
		clock.advance(5);
		await engine.promote();
		await next();
		expect(tokens).toEqual([1, 2, 3, 4, 5, 6]);
	});
}
