import { expect, test } from 'vitest';
import { START } from '../support/clock.ts';
import { type GetSubject, getJob, idsOf, LEASE_MS, pushMany, pushOne, settle, take, takeAll, takeOne } from './kit.ts';

const NO_JOBS = { waiting: 0, delayed: 0, active: 0, completed: 0, dead: 0, cancelled: 0 };

export function topicSettingsTests(subject: GetSubject): void {
	test('a topic is known once it was pushed to, configured or paused, and null before', async () => {
		const { engine } = subject();
		expect(await engine.getTopics(['pushed', 'put', 'paused'])).toEqual([null, null, null]);
		await pushOne(engine, 'pushed');
		await engine.putTopic('put', {});
		await engine.pauseTopic('paused', true);
		const fresh = { paused: false, pausedUntil: null, counts: NO_JOBS, oldestWaitingMs: null, settings: {} };
		expect(await engine.getTopics(['pushed', 'nobody', 'put', 'paused'])).toEqual([
			{ ...fresh, topic: 'pushed', counts: { ...NO_JOBS, waiting: 1 }, oldestWaitingMs: 0 },
			null,
			{ ...fresh, topic: 'put' },
			{ ...fresh, topic: 'paused', paused: true },
		]);
	});

	test('a resumed topic gives its jobs again, and pausing twice is pausing once', async () => {
		const { engine } = subject();
		const ids = await pushMany(engine, 'emails', 2);
		await engine.pauseTopic('emails', true);
		await engine.pauseTopic('emails', true);
		expect(await engine.getTopics(['emails'])).toMatchObject([{ paused: true, counts: { waiting: 2 } }]);
		expect(await take(engine, 'emails')).toEqual([]);
		await engine.pauseTopic('emails', false);
		expect(await engine.getTopics(['emails'])).toMatchObject([{ paused: false }]);
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual(ids);
	});

	test('in a paused topic everything goes on but the taking', async () => {
		const { engine, clock } = subject();
		await pushMany(engine, 'emails', 3);
		const [a, b] = await take(engine, 'emails', { max: 2 });
		if (a === undefined || b === undefined) throw new Error('Expected two jobs');
		await engine.pauseTopic('emails', true);
		const pushed = await pushOne(engine, 'emails');
		expect((await getJob(engine, pushed)).state).toBe('waiting');
		expect(await engine.extend([a], 20_000)).toEqual([{ status: 'ok', leaseExpiresAt: START + 20_000 }]);
		expect(await settle(engine, b, 'kill')).toMatchObject({ status: 'ok' });
		expect(await engine.retryJobs([b.id])).toEqual([{ status: 'ok' }]);
		clock.advance(20_000);
		expect((await engine.reclaim()).count).toBe(1);
		expect(await engine.deleteJobs([pushed])).toEqual([{ status: 'ok' }]);
		expect(await engine.getTopics(['emails'])).toMatchObject([{ counts: { ...NO_JOBS, waiting: 3 } }]);
	});

	test('settings are patched: a field replaces, null removes, an absent field stays', async () => {
		const { engine } = subject();
		const backoff = { type: 'exponential', delayMs: 100, maxMs: 5_000, jitter: 0.25 } as const;
		const completed = { count: 5, ageMs: 60_000 };
		expect(await engine.putTopic('emails', { maxAttempts: 7, backoff })).toEqual({ maxAttempts: 7, backoff });
		expect(await engine.putTopic('emails', { leaseMs: 900, completed })).toEqual({
			maxAttempts: 7,
			backoff,
			leaseMs: 900,
			completed,
		});
		const dead = { count: 0, ageMs: 1 };
		expect(await engine.putTopic('emails', { backoff: null, maxAttempts: 8, dead })).toEqual({
			maxAttempts: 8,
			leaseMs: 900,
			completed,
			dead,
		});
		expect(await engine.getTopics(['emails'])).toMatchObject([
			{ settings: { maxAttempts: 8, leaseMs: 900, completed, dead } },
		]);
		const nothing = { maxAttempts: null, leaseMs: null, completed: null, dead: null };
		expect(await engine.putTopic('emails', nothing)).toEqual({});
		expect(await engine.putTopic('emails', {})).toEqual({});
	});

	test('settings of one topic are not those of another, and do not touch its jobs', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'a', { maxAttempts: 3 });
		await pushOne(engine, 'b');
		await engine.putTopic('a', { maxAttempts: 9, leaseMs: 500 });
		expect(await engine.getTopics(['b'])).toMatchObject([{ settings: {} }]);
		expect((await getJob(engine, id)).maxAttempts).toBe(3);
		expect(await takeOne(engine, 'a')).toMatchObject({ maxAttempts: 3, leaseExpiresAt: START + LEASE_MS });
	});

	test('settings put while jobs wait leave the pause as it is', async () => {
		const { engine } = subject();
		await engine.pauseTopic('emails', true);
		await engine.putTopic('emails', { maxAttempts: 2 });
		await pushOne(engine, 'emails');
		expect(await engine.getTopics(['emails'])).toMatchObject([{ paused: true, settings: { maxAttempts: 2 } }]);
	});
}
