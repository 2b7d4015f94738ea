import { expect, test } from 'vitest';
import { START } from '../support/clock.ts';
import {
	blocksOf,
	explain,
	type GetSubject,
	getJob,
	groupOf,
	idsOf,
	pushMany,
	pushOne,
	settle,
	take,
	takeAll,
	takeOne,
} from './kit.ts';

export function pausesTests(subject: GetSubject): void {
	test('a topic that is paused until an instant gives no jobs before it, and then does so by itself', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails');
		await engine.pauseTopic('emails', true, START + 5_000);
		expect(await engine.getTopics(['emails'])).toMatchObject([{ paused: true, pausedUntil: START + 5_000 }]);
		clock.advance(4_999);
		expect(await take(engine, 'emails')).toEqual([]);
		expect(await explain(engine, id)).toMatchObject({ reasons: [{ code: 'topic_paused', until: START + 5_000 }] });
		clock.advance(1);
		expect(await engine.getTopics(['emails'])).toMatchObject([{ paused: false, pausedUntil: null }]);
		expect(idsOf(await take(engine, 'emails'))).toEqual([id]);
	});

	test('to resume has no end: an instant that comes with it lets nothing go back', async () => {
		const { engine, clock } = subject();
		await engine.putGroup('emails', 'g', { concurrency: 1 });
		await pushMany(engine, 'emails', 3, { group: 'g' });
		const last = await pushOne(engine, 'emails', { group: 'g', priority: -1 });
		await engine.pauseGroup('emails', 'g', false, START + 1_000);
		await engine.pauseTopic('emails', false, START + 1_000);
		expect(await engine.getTopics(['emails'])).toMatchObject([{ paused: false, pausedUntil: null }]);
		expect(await takeAll(engine, 'emails')).toHaveLength(1);
		clock.advance(1_000);
		await engine.promote();
		// Both lanes are held, so neither is before the other.
		expect(await blocksOf(engine, last)).toEqual(['group_limit']);
	});

	test('a group that is paused holds up nobody else, and moves nothing', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 5, { group: 'a', priority: 5 });
		const others = await pushMany(engine, 'emails', 3, { group: 'b' });
		const before = await engine.listJobs({ topic: 'emails', state: 'waiting', cursor: null, limit: 10 });
		await engine.pauseGroup('emails', 'a', true);
		expect(await groupOf(engine, 'emails', 'a')).toMatchObject({ paused: true, pausedUntil: null, waiting: 5 });
		const after = await engine.listJobs({ topic: 'emails', state: 'waiting', cursor: null, limit: 10 });
		expect(after).toEqual(before);
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual(others);
		await engine.pauseGroup('emails', 'a', false);
		expect(await takeAll(engine, 'emails')).toHaveLength(5);
	});

	test('a group that is paused until an instant gives jobs then by itself', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { group: 'g' });
		await engine.pauseGroup('emails', 'g', true, START + 5_000);
		expect(await groupOf(engine, 'emails', 'g')).toMatchObject({ paused: true, pausedUntil: START + 5_000 });
		clock.advance(4_999);
		expect(await take(engine, 'emails')).toEqual([]);
		expect(await explain(engine, id)).toMatchObject({
			reasons: [{ code: 'group_paused', group: 'g', until: START + 5_000 }],
		});
		clock.advance(1);
		expect(await groupOf(engine, 'emails', 'g')).toMatchObject({ paused: false, pausedUntil: null });
		expect(idsOf(await take(engine, 'emails'))).toEqual([id]);
	});

	test('pausing anew replaces the end of a pause: one that had none, a later one, an earlier one', async () => {
		const { engine, clock } = subject();
		await pushMany(engine, 'emails', 3, { group: 'g' });
		for (const [first, second] of [
			[null, 1_000],
			[9_000, 1_000],
			[1_000, 9_000],
		] as const) {
			const now = clock();
			await engine.pauseGroup('emails', 'g', true, first === null ? null : now + first);
			expect(await take(engine, 'emails')).toEqual([]);
			await engine.pauseGroup('emails', 'g', true, now + second);
			clock.advance(second - 1);
			expect(await take(engine, 'emails')).toEqual([]);
			clock.advance(1);
			expect(await take(engine, 'emails')).toHaveLength(1);
		}
	});

	test('a pause without an end lasts, and a resume ends any', async () => {
		const { engine, clock } = subject();
		await pushMany(engine, 'emails', 2, { group: 'g' });
		await engine.pauseTopic('emails', true, START + 1_000);
		await engine.pauseTopic('emails', true);
		await engine.pauseGroup('emails', 'g', true, START + 1_000);
		await engine.pauseGroup('emails', 'g', true, null);
		clock.advance(10_000_000);
		expect(await take(engine, 'emails')).toEqual([]);
		await engine.pauseTopic('emails', false);
		expect(await take(engine, 'emails')).toEqual([]);
		await engine.pauseGroup('emails', 'g', false);
		expect(await take(engine, 'emails')).toHaveLength(1);
	});

	test('an end that is past is no pause', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 1, { group: 'g' });
		await engine.pauseTopic('emails', true, START);
		await engine.pauseGroup('emails', 'g', true, START - 1);
		expect(await engine.getTopics(['emails'])).toMatchObject([{ paused: false }]);
		expect(await groupOf(engine, 'emails', 'g')).toMatchObject({ paused: false, pausedUntil: null });
		expect(await take(engine, 'emails')).toHaveLength(1);
	});

	test('in a paused group everything goes on but the taking', async () => {
		const { engine, clock } = subject();
		await pushMany(engine, 'emails', 2, { group: 'g' });
		const [first, second] = await take(engine, 'emails', { max: 2 });
		if (first === undefined || second === undefined) throw new Error('Expected two jobs');
		await engine.pauseGroup('emails', 'g', true);
		const delayed = await pushOne(engine, 'emails', { group: 'g', delayMs: 1_000 });
		expect(await settle(engine, first, 'retry')).toMatchObject({ status: 'ok' });
		expect(await engine.extend([second], 60_000)).toEqual([{ status: 'ok', leaseExpiresAt: START + 60_000 }]);
		clock.advance(1_000);
		expect(await engine.promote()).toMatchObject({ count: 1 });
		expect(await getJob(engine, delayed)).toMatchObject({ state: 'waiting' });
		expect(await groupOf(engine, 'emails', 'g')).toMatchObject({ waiting: 2, active: 1 });
	});

	test('a worker that hands a job back may park its group: no attempt is used, and the others go on', async () => {
		const { engine, clock } = subject();
		const ids = await pushMany(engine, 'emails', 2, { group: 'g' });
		const other = await pushOne(engine, 'emails');
		const job = await takeOne(engine, 'emails');
		await settle(engine, job, 'release', { parkMs: 30_000 });
		expect(await getJob(engine, job.id)).toMatchObject({ state: 'waiting', attempt: 0 });
		expect(await groupOf(engine, 'emails', 'g')).toMatchObject({ parkedUntil: START + 30_000, paused: false });
		expect(await explain(engine, job.id)).toMatchObject({
			reasons: [{ code: 'group_parked', group: 'g', until: START + 30_000 }],
		});
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([other]);
		clock.advance(29_999);
		expect(await take(engine, 'emails')).toEqual([]);
		clock.advance(1);
		expect(await groupOf(engine, 'emails', 'g')).toMatchObject({ parkedUntil: null });
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual(ids);
	});

	test('a job without a group parks the whole topic', async () => {
		const { engine, clock } = subject();
		await pushOne(engine, 'emails');
		const other = await pushOne(engine, 'emails', { group: 'g' });
		await settle(engine, await takeOne(engine, 'emails'), 'retry', { parkMs: 30_000 });
		expect(await take(engine, 'emails')).toEqual([]);
		const reasons = [{ code: 'topic_parked', until: START + 30_000 }];
		expect(await explain(engine, other)).toMatchObject({ next: false, reasons });
		clock.advance(30_000);
		expect(await takeAll(engine, 'emails')).toHaveLength(2);
	});

	test('of several parks the one that ends last holds, and a resume ends it', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 3, { group: 'g' });
		const [a, b, c] = await take(engine, 'emails', { max: 3 });
		for (const [job, parkMs] of [
			[a, 5_000],
			[b, 90_000],
			[c, 20_000],
		] as const) {
			if (job !== undefined) await settle(engine, job, 'release', { parkMs });
		}
		expect(await groupOf(engine, 'emails', 'g')).toMatchObject({ parkedUntil: START + 90_000 });
		expect(await take(engine, 'emails')).toEqual([]);
		await engine.pauseGroup('emails', 'g', false);
		expect(await groupOf(engine, 'emails', 'g')).toMatchObject({ parkedUntil: null });
		expect(await takeAll(engine, 'emails')).toHaveLength(3);
	});

	test('an outcome that is refused parks nothing', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 2, { group: 'g' });
		const job = await takeOne(engine, 'emails');
		await settle(engine, job, 'complete');
		expect(await settle(engine, job, 'release', { parkMs: 30_000 })).toEqual({ status: 'stale' });
		expect(await take(engine, 'emails')).toHaveLength(1);
	});

	test('pauses and parks of the topic and the group are all told', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 2, { group: 'g' });
		await pushMany(engine, 'emails', 1, { priority: 1 });
		const [common, job] = await take(engine, 'emails', { max: 2 });
		if (common === undefined || job === undefined) throw new Error('Expected two jobs');
		await settle(engine, job, 'release', { parkMs: 1_000 });
		await settle(engine, common, 'complete', { parkMs: 1_000 });
		await engine.pauseTopic('emails', true);
		await engine.pauseGroup('emails', 'g', true);
		expect(await blocksOf(engine, job.id)).toEqual(['topic_paused', 'topic_parked', 'group_paused', 'group_parked']);
	});
}
