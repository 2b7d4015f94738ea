import { expect, test } from 'vitest';
import { finishOne, type GetSubject, pushJobs, pushMany, pushOne, settle, take, takeOne } from './kit.ts';

const NO_JOBS = { waiting: 0, delayed: 0, active: 0, completed: 0, dead: 0 };

export function topicsTests(subject: GetSubject): void {
	test('no names give no topics', async () => {
		const { engine } = subject();
		expect(await engine.getTopics([])).toEqual([]);
	});

	test('a question about a topic does not make it', async () => {
		const { engine } = subject();
		await engine.listJobs({ topic: 'nobody', state: 'waiting', cursor: null, limit: 5 });
		await engine.getJobs(['nobody:1700000000000']);
		await engine.settle([{ id: 'nobody:1700000000000', token: 1, outcome: 'complete' }]);
		await engine.deleteJobs(['nobody:1700000000000']);
		await engine.retryJobs(['nobody:1700000000000']);
		expect(await engine.getTopics(['nobody'])).toEqual([null]);
		expect(await engine.listTopics({ cursor: null, limit: 10 })).toEqual({ topics: [], nextCursor: null });
	});

	test('a topic stays known when its last job is gone', async () => {
		const { engine } = subject();
		await engine.deleteJobs([await pushOne(engine, 'emails')]);
		expect(await engine.getTopics(['emails'])).toMatchObject([{ counts: NO_JOBS, oldestWaitingMs: null }]);
	});

	test('topics are listed by name, page by page', async () => {
		const { engine } = subject();
		const names = ['zeta', 'a', 'B', 'a.b', 'a-b', 'a_b', '10', '9', 'ab', 'A'];
		for (const name of names) await pushOne(engine, name);
		await engine.putTopic('only.settings', {});
		const listed: string[] = [];
		let cursor: string | null = null;
		do {
			const page = await engine.listTopics({ cursor, limit: 3 });
			expect(page.topics.length).toBeLessThanOrEqual(3);
			listed.push(...page.topics.map(({ topic }) => topic));
			cursor = page.nextCursor;
		} while (cursor !== null && listed.length < 100);
		expect(listed).toEqual([...names, 'only.settings'].sort());
	});

	test('a listed topic shows what getTopics shows', async () => {
		const { engine, clock } = subject();
		await engine.putTopic('a', { leaseMs: 700 });
		await finishOne(engine, 'a', 'complete');
		await pushMany(engine, 'a', 2);
		await pushOne(engine, 'b', { delayMs: 50 });
		await engine.pauseTopic('b', true);
		clock.advance(30);
		const { topics, nextCursor } = await engine.listTopics({ cursor: null, limit: 100 });
		expect(nextCursor).toBeNull();
		expect(topics).toEqual(await engine.getTopics(['a', 'b']));
		expect(topics).toMatchObject([
			{ topic: 'a', counts: { ...NO_JOBS, waiting: 2, completed: 1 }, oldestWaitingMs: 30 },
			{ topic: 'b', paused: true, counts: { ...NO_JOBS, delayed: 1 }, oldestWaitingMs: null },
		]);
	});

	test('a cursor of topics stays valid while topics are made', async () => {
		const { engine } = subject();
		for (const name of ['b', 'd', 'f']) await pushOne(engine, name);
		const first = await engine.listTopics({ cursor: null, limit: 2 });
		for (const name of ['a', 'e', 'g']) await pushOne(engine, name);
		const second = await engine.listTopics({ cursor: first.nextCursor, limit: 10 });
		expect(second.topics.map(({ topic }) => topic)).toEqual(['e', 'f', 'g']);
	});

	test('the oldest waiting job is the oldest of those at the heads of the lanes', async () => {
		const { engine, clock } = subject();
		const oldest = async () => (await engine.getTopics(['emails']))[0]?.oldestWaitingMs;
		await pushJobs(engine, 'emails', [{ priority: 1 }, { group: 'a' }]);
		clock.advance(100);
		await pushJobs(engine, 'emails', [{ priority: 2 }, { priority: 1 }]);
		clock.advance(50);
		expect(await oldest()).toBe(150);
		await take(engine, 'emails', { max: 2 });
		expect(await oldest()).toBe(150);
		await take(engine, 'emails', { max: 1 });
		expect(await oldest()).toBe(150);
		await take(engine, 'emails', { max: 1 });
		expect(await oldest()).toBeNull();
	});

	test('a job that waits behind a younger one is not asked', async () => {
		const { engine, clock } = subject();
		await pushOne(engine, 'emails');
		const old = await takeOne(engine, 'emails');
		clock.advance(100);
		await pushOne(engine, 'emails');
		await settle(engine, old, 'retry');
		clock.advance(30);
		expect(await engine.getTopics(['emails'])).toMatchObject([{ oldestWaitingMs: 30 }]);
	});

	test('a job that waits again is as old as its push', async () => {
		const { engine, clock } = subject();
		await pushOne(engine, 'emails');
		const job = await takeOne(engine, 'emails');
		clock.advance(80);
		await settle(engine, job, 'retry');
		clock.advance(1);
		expect(await engine.getTopics(['emails'])).toMatchObject([{ oldestWaitingMs: 81 }]);
	});
}
