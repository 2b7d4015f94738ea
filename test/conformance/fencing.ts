import { expect, test } from 'vitest';
import { asRawJson } from '../../src/core/json.ts';
import { DEFAULT_MAX_ATTEMPTS } from '../../src/core/settings.ts';
import { START } from '../support/clock.ts';
import { type GetSubject, getJob, LEASE_MS, pushMany, pushOne, settle, take, takeOne } from './kit.ts';

/** Nothing of such a job is kept but its payload. */
const PLAIN = { maxAttempts: DEFAULT_MAX_ATTEMPTS };

export function fencingTests(subject: GetSubject): void {
	test('a wrong token changes nothing, for each outcome', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		await settle(engine, await takeOne(engine, 'emails'), 'release');
		await takeOne(engine, 'emails');
		const before = await getJob(engine, id);
		for (const outcome of ['complete', 'retry', 'kill', 'release'] as const) {
			for (const token of [1, 3, 99]) {
				const extras = { result: asRawJson('1'), error: asRawJson('2'), delayMs: 9 };
				expect(await settle(engine, { id, token }, outcome, extras)).toEqual({ status: 'stale' });
			}
		}
		expect(await getJob(engine, id)).toEqual(before);
	});

	test('a wrong token ends no plain job in its first delivery, which is the shortest way there is', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', PLAIN);
		await takeOne(engine, 'emails');
		for (const token of [2, 99]) {
			expect(await settle(engine, { id, token }, 'complete')).toEqual({ status: 'stale' });
		}
		expect(await getJob(engine, id)).toMatchObject({ state: 'active', token: 1 });
	});

	test('a delivery that has ended is stale, in whatever state the job is', async () => {
		const { engine } = subject();
		const ids = await pushMany(engine, 'emails', 5);
		const jobs = await take(engine, 'emails', { max: 5 });
		const ends = ['complete', 'kill', 'retry', 'release', 'release'] as const;
		const outcomes = jobs.map(({ id, token }, index) => ({ id, token, outcome: ends[index] ?? 'complete' }));
		await engine.settle(outcomes.map((outcome, index) => (index === 4 ? { ...outcome, delayMs: 5 } : outcome)));
		const before = await engine.getJobs(ids);
		const again = await engine.settle(jobs.map(({ id, token }) => ({ id, token, outcome: 'complete' })));
		expect(again).toEqual(Array(5).fill({ status: 'stale' }));
		expect(await engine.getJobs(ids)).toEqual(before);
	});

	test('a job that was never taken is stale, and one that does not exist is missing', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		const unknown = ['emails:1', 'nobody:1700000000000', 'no id', '', 'emails:', ':5', 'emails:007', `${id} `];
		const outcomes = [id, ...unknown].map((each) => ({ id: each, token: 1, outcome: 'complete' as const }));
		expect(await engine.settle(outcomes)).toEqual([
			{ status: 'stale' },
			...unknown.map(() => ({ status: 'missing' as const })),
		]);
	});

	test('the second outcome for one delivery in a settle is stale', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		const { token } = await takeOne(engine, 'emails');
		const answers = await engine.settle([
			{ id, token, outcome: 'complete', result: asRawJson('1') },
			{ id, token, outcome: 'kill', error: asRawJson('2') },
		]);
		expect(answers).toEqual([{ status: 'ok', state: 'completed', at: START }, { status: 'stale' }]);
		expect(await getJob(engine, id)).toMatchObject({ state: 'completed', result: '1', error: null });
	});

	test('the same outcome twice in a settle counts once', async () => {
		const { engine } = subject();
		const [first, second] = await pushMany(engine, 'emails', 2, PLAIN);
		await take(engine, 'emails', { max: 2 });
		const outcomes = [first, second, first].map((id = '') => ({ id, token: 1, outcome: 'complete' as const }));
		const answers = await engine.settle(outcomes);
		expect(answers.map(({ status }) => status)).toEqual(['ok', 'ok', 'stale']);
		expect(await engine.getTopics(['emails'])).toMatchObject([{ counts: { active: 0, completed: 2 } }]);
	});

	test('results stand at the index of their outcome, over topics and states', async () => {
		const { engine } = subject();
		await pushOne(engine, 'a');
		await pushOne(engine, 'b');
		const [a, b] = [await takeOne(engine, 'a'), await takeOne(engine, 'b')];
		const answers = await engine.settle([
			{ id: 'a:77', token: 1, outcome: 'complete' },
			{ id: b.id, token: b.token, outcome: 'retry', delayMs: 8 },
			{ id: a.id, token: 55, outcome: 'complete' },
			{ id: a.id, token: a.token, outcome: 'release' },
			{ id: 'junk', token: 1, outcome: 'complete' },
		]);
		const statuses = answers.map((answer) => (answer.status === 'ok' ? answer.state : answer.status));
		expect(statuses).toEqual(['missing', 'delayed', 'stale', 'waiting', 'missing']);
	});

	test('a lease that has ended but was not reclaimed may still be settled', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails');
		const job = await takeOne(engine, 'emails');
		clock.advance(LEASE_MS + 1);
		expect(await settle(engine, job, 'complete')).toMatchObject({ status: 'ok', state: 'completed' });
		await engine.reclaim();
		expect(await getJob(engine, id)).toMatchObject({ state: 'completed', attempt: 1 });
	});
}
