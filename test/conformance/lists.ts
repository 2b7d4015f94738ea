import { expect, test } from 'vitest';
import { JOB_STATES } from '../../src/core/job.ts';
import {
	finishOne,
	type GetSubject,
	getJob,
	idsOf,
	listAll,
	pushJobs,
	pushMany,
	pushOne,
	settle,
	take,
	takeOne,
} from './kit.ts';

export function listsTests(subject: GetSubject): void {
	test('no ids give no jobs', async () => {
		const { engine } = subject();
		expect(await engine.getJobs([])).toEqual([]);
	});

	test('a job that the store does not hold is null, at the index of its id', async () => {
		const { engine } = subject();
		const [a = '', b = ''] = [await pushOne(engine, 'a'), await pushOne(engine, 'b')];
		const jobs = await engine.getJobs(['no id', b, 'a:1', a, 'nobody:1700000000000', '', b, `${a}0`]);
		expect(jobs.map((job) => job?.id ?? null)).toEqual([null, b, null, a, null, null, b, null]);
	});

	test('a topic without jobs has empty lists in every state', async () => {
		const { engine } = subject();
		for (const state of JOB_STATES) {
			const page = await engine.listJobs({ topic: 'nobody', state, cursor: null, limit: 10 });
			expect(page).toEqual({ jobs: [], nextCursor: null });
		}
		expect(await engine.getTopics(['nobody'])).toEqual([null]);
	});

	test('a list shows the same job as getJobs does', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 3, { group: 'g', priority: 2 });
		await finishOne(engine, 'emails', 'kill');
		await settle(engine, await takeOne(engine, 'emails'), 'complete');
		await pushOne(engine, 'emails', { delayMs: 50 });
		await takeOne(engine, 'emails');
		await pushOne(engine, 'emails');
		await engine.cancelJobs([await pushOne(engine, 'emails', { tags: ['t'] })], { actor: 'ada', reason: 'why' });
		for (const state of JOB_STATES) {
			const jobs = await listAll(engine, 'emails', state);
			expect(jobs.length).toBeGreaterThan(0);
			expect(await engine.getJobs(idsOf(jobs))).toEqual(jobs);
			expect(jobs.every((job) => job.state === state)).toBe(true);
		}
	});

	test('waiting jobs are listed by priority, then by group, each lane from head to tail', async () => {
		const { engine } = subject();
		const groups = ['é', 'b', null, 'a', '😀', 'ab', 'B', '\uffee', 'a', null];
		const ids = await pushJobs(engine, 'emails', [...groups.map((group) => ({ group })), { priority: 3, group: 'z' }]);
		const inOrder = [10, 2, 9, 6, 3, 8, 5, 1, 0, 7, 4].map((index) => ids[index]);
		expect(idsOf(await listAll(engine, 'emails', 'waiting'))).toEqual(inOrder);
		expect(idsOf(await listAll(engine, 'emails', 'waiting', 2))).toEqual(inOrder);
		const taken = idsOf(await take(engine, 'emails', { max: 3 }));
		const left = inOrder.filter((id) => !taken.includes(id ?? ''));
		expect(idsOf(await listAll(engine, 'emails', 'waiting'))).toEqual(left);
	});

	test('delayed jobs are listed with the next due first', async () => {
		const { engine } = subject();
		const [c, a, d, b] = await pushJobs(
			engine,
			'emails',
			[300, 100, 300, 200].map((delayMs) => ({ delayMs })),
		);
		expect(idsOf(await listAll(engine, 'emails', 'delayed'))).toEqual([a, b, c, d]);
	});

	test('active jobs are listed with the next to expire first', async () => {
		const { engine } = subject();
		const [a, b, c, d] = await pushMany(engine, 'emails', 4);
		await take(engine, 'emails', { leaseMs: 900 });
		await take(engine, 'emails', { leaseMs: 400, max: 2 });
		await take(engine, 'emails', { leaseMs: 600 });
		expect(idsOf(await listAll(engine, 'emails', 'active'))).toEqual([b, c, d, a]);
	});

	for (const [state, outcome] of [
		['completed', 'complete'],
		['dead', 'kill'],
	] as const) {
		test(`${state} jobs are listed newest first`, async () => {
			const { engine, clock } = subject();
			const [a, b, c] = await pushMany(engine, 'emails', 3);
			const [first, second, third] = await take(engine, 'emails', { max: 3 });
			if (first === undefined || second === undefined || third === undefined) throw new Error('Expected three jobs');
			await settle(engine, third, outcome);
			clock.advance(1);
			await engine.settle([second, first].map(({ id, token }) => ({ id, token, outcome })));
			expect(idsOf(await listAll(engine, 'emails', state))).toEqual([b, a, c]);
		});
	}

	test('counts are what the lists hold', async () => {
		const { engine, clock } = subject();
		await pushMany(engine, 'emails', 9);
		await pushMany(engine, 'emails', 2, { delayMs: 5_000 });
		const jobs = await take(engine, 'emails', { max: 6 });
		const ends = ['complete', 'kill', 'retry', 'release', 'complete'] as const;
		const outcomes = ends.flatMap((outcome, index) => {
			const job = jobs[index];
			return job === undefined ? [] : [{ id: job.id, token: job.token, outcome }];
		});
		await engine.settle(outcomes);
		const [topic] = await engine.getTopics(['emails']);
		expect(topic?.counts).toEqual({ waiting: 5, delayed: 2, active: 1, completed: 2, dead: 1, cancelled: 0 });
		for (const state of JOB_STATES) {
			expect(await listAll(engine, 'emails', state, 2)).toHaveLength(topic?.counts[state] ?? -1);
		}
		clock.advance(5_000);
		await engine.promote();
		const [later] = await engine.getTopics(['emails']);
		expect(later?.counts).toMatchObject({ waiting: 7, delayed: 0 });
		expect((await getJob(engine, jobs[5]?.id ?? '')).state).toBe('active');
	});
}
