import { expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { START } from '../support/clock.ts';
import { batch, newJob } from '../support/jobs.ts';
import {
	type GetSubject,
	getJob,
	idsOf,
	pushMany,
	pushOne,
	settle,
	sum,
	sweepAll,
	take,
	takeAll,
	takeOne,
} from './kit.ts';

export function scheduleTests(subject: GetSubject): void {
	test('a job pushed with a delay is delayed, and the answer says so', async () => {
		const { engine } = subject();
		const jobs = [newJob({ delayMs: 100 }), newJob(), newJob({ runAt: START + 5 })];
		const answers = await engine.push([{ topic: 'emails', jobs }]);
		const states = ['delayed', 'waiting', 'delayed'];
		const created = states.map((state, index) => ({ id: `emails:${START + index}`, state }));
		expect(answers).toEqual([{ status: 'created', jobs: created }]);
		expect(await getJob(engine, `emails:${START}`)).toMatchObject({ state: 'delayed', runAt: START + 100, attempt: 0 });
		expect(await getJob(engine, `emails:${START + 2}`)).toMatchObject({ state: 'delayed', runAt: START + 5 });
	});

	test('an instant that is past or present means at once', async () => {
		const { engine } = subject();
		for (const runAt of [0, START - 1, START]) {
			const job = await getJob(engine, await pushOne(engine, 'emails', { runAt }));
			expect(job).toMatchObject({ state: 'waiting', runAt: null });
		}
	});

	test('runAt replaces delayMs', async () => {
		const { engine } = subject();
		const soon = await pushOne(engine, 'emails', { runAt: START + 5, delayMs: 9_000 });
		const past = await pushOne(engine, 'emails', { runAt: START - 5, delayMs: 9_000 });
		expect(await getJob(engine, soon)).toMatchObject({ state: 'delayed', runAt: START + 5 });
		expect((await getJob(engine, past)).state).toBe('waiting');
	});

	test('a job can be delayed by a year, and until the last instant there is', async () => {
		const { engine } = subject();
		const year = await pushOne(engine, 'emails', { delayMs: LIMITS.maxDelayMs });
		const last = await pushOne(engine, 'emails', { runAt: LIMITS.maxTimestamp });
		expect((await getJob(engine, year)).runAt).toBe(START + LIMITS.maxDelayMs);
		expect((await getJob(engine, last)).runAt).toBe(LIMITS.maxTimestamp);
	});

	test('a delayed job is not taken before it is due, nor before it is promoted', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { delayMs: 100 });
		expect(await take(engine, 'emails')).toEqual([]);
		clock.advance(99);
		expect(await engine.promote()).toEqual({ count: 0, more: false, nextInMs: 1 });
		expect(await take(engine, 'emails')).toEqual([]);
		clock.advance(1);
		expect(await engine.promote()).toMatchObject({ count: 1, more: false });
		expect(await getJob(engine, id)).toMatchObject({ state: 'waiting', runAt: null, attempt: 0 });
		expect(idsOf(await take(engine, 'emails'))).toEqual([id]);
	});

	test('with nothing delayed a promotion does nothing and has nothing in sight', async () => {
		const { engine } = subject();
		expect(await engine.promote()).toEqual({ count: 0, more: false, nextInMs: null });
		await pushOne(engine, 'emails');
		expect(await engine.promote()).toEqual({ count: 0, more: false, nextInMs: null });
	});

	test('a promotion says when the next job of any topic falls due', async () => {
		const { engine, clock } = subject();
		await pushOne(engine, 'a', { delayMs: 5_000 });
		await pushOne(engine, 'b', { delayMs: 700 });
		await pushOne(engine, 'c', { delayMs: 100 });
		clock.advance(100);
		expect(await engine.promote()).toEqual({ count: 1, more: false, nextInMs: 600 });
		clock.advance(600);
		expect(await engine.promote()).toEqual({ count: 1, more: false, nextInMs: 4_300 });
		clock.advance(9_000);
		expect(await engine.promote()).toEqual({ count: 1, more: false, nextInMs: null });
	});

	test('a promotion is bounded, and says that more remain', async () => {
		const { engine, clock } = subject();
		const pushed = await pushMany(engine, 'emails', 2 * LIMITS.sweep + 50, { delayMs: 10 });
		clock.advance(10);
		const first = await engine.promote();
		expect(first).toMatchObject({ count: LIMITS.sweep, more: true });
		const rest = await sweepAll(() => engine.promote());
		expect(sum(rest)).toBe(LIMITS.sweep + 50);
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual(pushed);
	});

	test('jobs that are due in many topics are all promoted', async () => {
		const { engine, clock } = subject();
		const topics = Array.from({ length: 30 }, (_, n) => `t${n}`);
		await engine.push(topics.map((topic) => batch(topic, 20, { delayMs: 10 })));
		clock.advance(10);
		expect(sum(await sweepAll(() => engine.promote()))).toBe(600);
		for (const topic of topics) expect(await takeAll(engine, topic)).toHaveLength(20);
	});

	test('a paused topic has its jobs promoted', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { delayMs: 10 });
		await engine.pauseTopic('emails', true);
		clock.advance(10);
		expect((await engine.promote()).count).toBe(1);
		expect((await getJob(engine, id)).state).toBe('waiting');
	});

	test('a promoted job joins the tail of its own lane', async () => {
		const { engine, clock } = subject();
		const delayed = await pushOne(engine, 'emails', { delayMs: 10, priority: 2, group: 'g' });
		const lane = await pushMany(engine, 'emails', 2, { priority: 2, group: 'g' });
		const low = await pushOne(engine, 'emails');
		clock.advance(10);
		await engine.promote();
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([...lane, delayed, low]);
	});

	test('a job may be delayed again and again', async () => {
		const { engine, clock } = subject();
		await pushOne(engine, 'emails');
		for (const delayMs of [10, 20, 30]) {
			await settle(engine, await takeOne(engine, 'emails'), 'release', { delayMs });
			clock.advance(delayMs - 1);
			expect(await engine.promote()).toEqual({ count: 0, more: false, nextInMs: 1 });
			clock.advance(1);
			expect((await engine.promote()).count).toBe(1);
		}
	});
}
