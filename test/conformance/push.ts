import { expect, test } from 'vitest';
import { asRawJson } from '../../src/core/json.ts';
import { START } from '../support/clock.ts';
import { batch, newJob } from '../support/jobs.ts';
import { type GetSubject, getJob, idsOf, idsOfPush, pushJobs, pushMany, pushOne, takeAll } from './kit.ts';

export function pushTests(subject: GetSubject): void {
	test('no batches give no results', async () => {
		const { engine } = subject();
		expect(await engine.push([])).toEqual([]);
	});

	test('a pushed job waits, under an id made of its topic and the time', async () => {
		const { engine } = subject();
		const results = await engine.push([{ topic: 'emails', jobs: [newJob()] }]);
		expect(results).toEqual([{ status: 'created', jobs: [{ id: `emails:${START}`, state: 'waiting' }] }]);
	});

	test('a new job shows its options and nothing of a run', async () => {
		const { engine } = subject();
		const backoff = { type: 'exponential', delayMs: 50, maxMs: 900, jitter: 0.5 } as const;
		const data = asRawJson('{"to":"a@b.c"}');
		const id = await pushOne(engine, 'emails', { data, priority: -7, group: 'acme', maxAttempts: 9, backoff });
		expect(await getJob(engine, id)).toEqual({
			id,
			topic: 'emails',
			state: 'waiting',
			data,
			priority: -7,
			group: 'acme',
			attempt: 0,
			maxAttempts: 9,
			token: 0,
			backoff,
			createdAt: START,
			runAt: null,
			leaseExpiresAt: null,
			finishedAt: null,
			reason: null,
			crashes: 0,
			releases: 0,
			worker: null,
			history: [],
			result: null,
			error: null,
			progress: null,
		});
	});

	test('options at their defaults come back as they were given', async () => {
		const { engine } = subject();
		const job = await getJob(engine, await pushOne(engine, 'emails'));
		expect(job).toMatchObject({ priority: 0, group: null, maxAttempts: 3, backoff: null });
	});

	test('the extremes of every option come back as they were given', async () => {
		const { engine } = subject();
		const backoff = { type: 'fixed', delayMs: 0 } as const;
		const [high = '', low = ''] = await pushJobs(engine, 'emails', [
			{ priority: 1_000, maxAttempts: 1_000, backoff },
			{ priority: -1_000, maxAttempts: 1, group: ' ' },
		]);
		expect(await getJob(engine, high)).toMatchObject({ priority: 1_000, maxAttempts: 1_000, backoff });
		expect(await getJob(engine, low)).toMatchObject({ priority: -1_000, maxAttempts: 1, group: ' ' });
	});

	test('the jobs of one millisecond get numbers that follow each other', async () => {
		const { engine } = subject();
		const ids = await pushMany(engine, 'emails', 3);
		expect(ids).toEqual([`emails:${START}`, `emails:${START + 1}`, `emails:${START + 2}`]);
		expect(await pushOne(engine, 'emails')).toBe(`emails:${START + 3}`);
	});

	test('a number is the time again once the time is past the last number', async () => {
		const { engine, clock } = subject();
		await pushMany(engine, 'emails', 3);
		clock.advance(2);
		expect(await pushOne(engine, 'emails')).toBe(`emails:${START + 3}`);
		clock.advance(100);
		expect(await pushOne(engine, 'emails')).toBe(`emails:${START + 102}`);
	});

	test('numbers grow even when the clock goes back, and createdAt follows the clock', async () => {
		const { engine, clock } = subject();
		await pushOne(engine, 'emails');
		clock.advance(-60_000);
		const id = await pushOne(engine, 'emails');
		expect(id).toBe(`emails:${START + 1}`);
		expect((await getJob(engine, id)).createdAt).toBe(START - 60_000);
	});

	test('a number is never used again, even after its job is gone', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		await engine.deleteJobs([id]);
		expect(await pushOne(engine, 'emails')).toBe(`emails:${START + 1}`);
	});

	test('each topic counts for itself', async () => {
		const { engine } = subject();
		const results = await engine.push([batch('a', 2), batch('b', 1)]);
		expect(results.map(idsOfPush)).toEqual([[`a:${START}`, `a:${START + 1}`], [`b:${START}`]]);
	});

	test('batches for one topic are stored in the order given, and results stand at the index of their batch', async () => {
		const { engine } = subject();
		const results = await engine.push([batch('a', 2), batch('b', 2), batch('a', 2)]);
		const [first = [], second = [], third = []] = results.map(idsOfPush);
		expect(idsOf(await takeAll(engine, 'a'))).toEqual([...first, ...third]);
		expect(idsOf(await takeAll(engine, 'b'))).toEqual(second);
	});

	test('10,000 jobs pushed in one millisecond are all different and taken in order', async () => {
		const { engine } = subject();
		const pushed: string[] = [];
		for (let call = 0; call < 10; call++) pushed.push(...(await pushMany(engine, 'emails', 1_000)));
		expect(new Set(pushed).size).toBe(10_000);
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual(pushed);
	}, 60_000);

	test('pushes made at the same time get different ids, and none is lost', async () => {
		const { engine } = subject();
		const pushes = Array.from({ length: 50 }, () => pushMany(engine, 'emails', 4));
		const pushed = (await Promise.all(pushes)).flat();
		expect(new Set(pushed).size).toBe(200);
		expect(idsOf(await takeAll(engine, 'emails')).sort()).toEqual(pushed.sort());
	});

	test('a topic may have any name that a topic can have', async () => {
		const { engine } = subject();
		for (const topic of ['0', 'A.b-c_D', 'constructor', 'toString', 'x'.repeat(128)]) {
			const id = await pushOne(engine, topic);
			expect(id).toBe(`${topic}:${START}`);
			expect((await getJob(engine, id)).topic).toBe(topic);
			expect(idsOf(await takeAll(engine, topic))).toEqual([id]);
		}
	});
}
