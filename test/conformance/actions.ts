import { expect, test } from 'vitest';
import { asRawJson } from '../../src/core/json.ts';
import { START } from '../support/clock.ts';
import {
	finishOne,
	type GetSubject,
	getJob,
	idsOf,
	LEASE_MS,
	pushJobs,
	pushMany,
	pushOne,
	settle,
	take,
	takeAll,
	takeOne,
} from './kit.ts';

const UNKNOWN = ['emails:1', 'nobody:1700000000000', 'no id', '', 'emails:0123'];

/** One job in each state but dead. */
async function oneOfEach(engine: Parameters<typeof pushOne>[0]) {
	const completed = await finishOne(engine, 'emails', 'complete');
	const active = await pushOne(engine, 'emails');
	await takeOne(engine, 'emails');
	const delayed = await pushOne(engine, 'emails', { delayMs: 50 });
	const waiting = await pushOne(engine, 'emails');
	return { completed, active, delayed, waiting };
}

export function actionsTests(subject: GetSubject): void {
	test('no ids give no results', async () => {
		const { engine } = subject();
		expect(await engine.retryJobs([])).toEqual([]);
		expect(await engine.deleteJobs([])).toEqual([]);
	});

	test('a dead job that is retried waits at the tail, its attempts counted afresh', async () => {
		const { engine, clock } = subject();
		const error = asRawJson('"boom"');
		const id = await pushOne(engine, 'emails', { maxAttempts: 2, priority: 1, group: 'g' });
		await settle(engine, await takeOne(engine, 'emails'), 'retry', { error });
		await settle(engine, await takeOne(engine, 'emails'), 'retry', { error });
		const others = await pushMany(engine, 'emails', 2, { priority: 1, group: 'g' });
		clock.advance(70);
		expect(await engine.retryJobs([id])).toEqual([{ status: 'ok' }]);
		expect(await getJob(engine, id)).toMatchObject({
			state: 'waiting',
			attempt: 0,
			token: 2,
			createdAt: START,
			finishedAt: null,
			reason: null,
			error,
		});
		const taken = await takeAll(engine, 'emails');
		expect(idsOf(taken)).toEqual([...others, id]);
		expect(taken.at(-1)).toMatchObject({ attempt: 1, maxAttempts: 2, token: 3 });
	});

	test('a retried job can die again', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 1 });
		for (const reason of ['failed', 'killed'] as const) {
			await settle(engine, await takeOne(engine, 'emails'), reason === 'failed' ? 'retry' : 'kill');
			expect(await getJob(engine, id)).toMatchObject({ state: 'dead', reason, attempt: 1 });
			expect(await engine.retryJobs([id])).toEqual([{ status: 'ok' }]);
		}
	});

	test('several dead jobs are retried in the order given', async () => {
		const { engine } = subject();
		const ids = [];
		for (let n = 0; n < 4; n++) ids.push(await finishOne(engine, 'emails', 'kill'));
		ids.reverse();
		await engine.retryJobs(ids);
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual(ids);
	});

	test('only dead jobs can be retried', async () => {
		const { engine } = subject();
		const jobs = await oneOfEach(engine);
		const ids = Object.values(jobs);
		const before = await engine.getJobs(ids);
		const refused = Object.keys(jobs).map((state) => ({ status: 'refused', state }));
		expect(await engine.retryJobs(ids)).toEqual(refused);
		expect(await engine.getJobs(ids)).toEqual(before);
	});

	test('an unknown or malformed id is missing, for a retry and a deletion', async () => {
		const { engine } = subject();
		await pushOne(engine, 'emails');
		const missing = UNKNOWN.map(() => ({ status: 'missing' }));
		expect(await engine.retryJobs(UNKNOWN)).toEqual(missing);
		expect(await engine.deleteJobs(UNKNOWN)).toEqual(missing);
	});

	test('the same id twice is acted on once', async () => {
		const { engine } = subject();
		const id = await finishOne(engine, 'emails', 'kill');
		expect(await engine.retryJobs([id, id])).toEqual([{ status: 'ok' }, { status: 'refused', state: 'waiting' }]);
		expect(await engine.deleteJobs([id, id])).toEqual([{ status: 'ok' }, { status: 'missing' }]);
	});

	test('a job can be deleted in any state but active', async () => {
		const { engine } = subject();
		const { active, ...jobs } = await oneOfEach(engine);
		const dead = await finishOne(engine, 'other', 'kill');
		const ids = [...Object.values(jobs), dead];
		expect(await engine.deleteJobs([...ids, active])).toEqual([
			...ids.map(() => ({ status: 'ok' })),
			{ status: 'refused', state: 'active' },
		]);
		expect(await engine.getJobs(ids)).toEqual(ids.map(() => null));
		expect((await getJob(engine, active)).state).toBe('active');
		const counts = { waiting: 0, delayed: 0, active: 1, completed: 0, dead: 0 };
		expect(await engine.getTopics(['emails', 'other'])).toMatchObject([
			{ counts },
			{ counts: { ...counts, active: 0 } },
		]);
	});

	test('a deleted job is neither taken, promoted nor settled', async () => {
		const { engine, clock } = subject();
		const [waiting = '', left = ''] = await pushMany(engine, 'emails', 2);
		const delayed = await pushOne(engine, 'emails', { delayMs: 50 });
		await engine.deleteJobs([waiting, delayed]);
		clock.advance(50);
		expect(await engine.promote()).toEqual({ count: 0, more: false, nextInMs: null });
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([left]);
		expect(await settle(engine, { id: waiting, token: 1 }, 'complete')).toEqual({ status: 'missing' });
	});

	test('deleting the last job of a lane takes the lane out of its ring', async () => {
		const { engine } = subject();
		const [a1 = '', b1, c1] = await pushJobs(engine, 'emails', [{ group: 'a' }, { group: 'b' }, { group: 'c' }]);
		await engine.deleteJobs([a1]);
		const [a2] = await pushMany(engine, 'emails', 1, { group: 'a' });
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([b1, c1, a2]);
	});

	test('deleting jobs in the midst of a lane leaves the others in order', async () => {
		const { engine } = subject();
		const ids = await pushMany(engine, 'emails', 6);
		await engine.deleteJobs([ids[1] ?? '', ids[4] ?? '', ids[0] ?? '']);
		expect(idsOf(await takeAll(engine, 'emails', { max: 2 }))).toEqual([ids[2], ids[3], ids[5]]);
	});

	test('actions answer by index over topics', async () => {
		const { engine } = subject();
		const [a, b] = [await finishOne(engine, 'a', 'kill'), await finishOne(engine, 'b', 'complete')];
		const missing = { status: 'missing' };
		const refused = { status: 'refused', state: 'completed' };
		expect(await engine.retryJobs([b, 'x', a, 'a:1'])).toEqual([refused, missing, { status: 'ok' }, missing]);
		expect(await engine.deleteJobs(['x', a, b])).toEqual([missing, { status: 'ok' }, { status: 'ok' }]);
	});

	test('an action that names states leaves jobs in any other as they are', async () => {
		const { engine } = subject();
		const { waiting, delayed, completed, active } = await oneOfEach(engine);
		const dead = await finishOne(engine, 'other', 'kill');
		const refusedIn = (state: string) => ({ status: 'refused', state });
		const ids = [waiting, delayed, completed, active, dead];
		const before = await engine.getJobs(ids);
		expect(await engine.retryJobs([dead], ['cancelled'])).toEqual([refusedIn('dead')]);
		expect(await engine.deleteJobs([waiting, dead], ['completed', 'delayed'])).toEqual([
			refusedIn('waiting'),
			refusedIn('dead'),
		]);
		const by = { actor: null, reason: null };
		expect(await engine.cancelJobs([waiting, active], by, ['delayed'])).toEqual([
			refusedIn('waiting'),
			refusedIn('active'),
		]);
		expect(await engine.getJobs(ids)).toEqual(before);

		expect(await engine.retryJobs([dead], ['dead'])).toEqual([{ status: 'ok' }]);
		expect(await engine.cancelJobs([active, delayed], by, ['active'])).toEqual([
			{ status: 'ok' },
			refusedIn('delayed'),
		]);
		expect(await engine.deleteJobs([delayed, completed, 'emails:1'], ['delayed'])).toEqual([
			{ status: 'ok' },
			refusedIn('completed'),
			{ status: 'missing' },
		]);
	});

	test('naming a state that an action does not start from allows nothing', async () => {
		const { engine } = subject();
		const { active, completed } = await oneOfEach(engine);
		expect(await engine.deleteJobs([active], ['active'])).toEqual([{ status: 'refused', state: 'active' }]);
		expect(await engine.retryJobs([completed], ['completed'])).toEqual([{ status: 'refused', state: 'completed' }]);
		const by = { actor: null, reason: null };
		expect(await engine.cancelJobs([completed], by, ['completed'])).toEqual([
			{ status: 'refused', state: 'completed' },
		]);
	});

	test('an active job can be deleted once its lease was reclaimed', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails');
		await take(engine, 'emails');
		clock.advance(LEASE_MS);
		expect(await engine.deleteJobs([id])).toEqual([{ status: 'refused', state: 'active' }]);
		await engine.reclaim();
		expect(await engine.deleteJobs([id])).toEqual([{ status: 'ok' }]);
	});
}
