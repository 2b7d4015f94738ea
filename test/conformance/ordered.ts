import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { OUTCOMES } from '../../src/core/transitions.ts';
import type { Engine } from '../../src/engine/engine.ts';
import {
	blocksOf,
	cancel,
	type GetSubject,
	getJob,
	groupOf,
	idsOf,
	LEASE_MS,
	pushMany,
	pushOne,
	settle,
	take,
	takeAll,
	takeOne,
} from './kit.ts';

/** A group with a limit of one, and some jobs in it. */
async function ordered(engine: Engine, count: number, job = {}): Promise<string[]> {
	await engine.putGroup('emails', 'g', { concurrency: 1 });
	return pushMany(engine, 'emails', count, { group: 'g', maxAttempts: 9, ...job });
}

const next = async (engine: Engine) => idsOf(await take(engine, 'emails', { max: 10 }));

export function orderedTests(subject: GetSubject): void {
	for (const outcome of ['retry', 'release'] as const) {
		test(`a ${outcome} goes to the head again, so that nobody overtakes it`, async () => {
			const { engine } = subject();
			const [first, second] = await ordered(engine, 3);
			await settle(engine, await takeOne(engine, 'emails'), outcome);
			expect(await next(engine)).toEqual([first]);
			await settle(engine, { id: first ?? '', token: 2 }, 'complete');
			expect(await next(engine)).toEqual([second]);
		});

		test(`a ${outcome} with a delay keeps its slot until its next run has ended`, async () => {
			const { engine, clock } = subject();
			const [first = '', second = ''] = await ordered(engine, 2);
			await settle(engine, await takeOne(engine, 'emails'), outcome, { delayMs: 5_000 });
			expect(await groupOf(engine, 'emails', 'g')).toMatchObject({ active: 1, waiting: 1 });
			expect(await next(engine)).toEqual([]);
			expect(await blocksOf(engine, second)).toEqual(['group_limit']);
			clock.advance(5_000);
			await engine.promote();
			expect(await groupOf(engine, 'emails', 'g')).toMatchObject({ active: 0, waiting: 2 });
			expect(await next(engine)).toEqual([first]);
		});
	}

	test('a reclaimed job goes to the head again', async () => {
		const { engine, clock } = subject();
		const [first] = await ordered(engine, 3);
		await takeOne(engine, 'emails');
		clock.advance(LEASE_MS);
		await engine.reclaim();
		expect(await next(engine)).toEqual([first]);
	});

	test('a job that ran too long goes to the head again', async () => {
		const { engine, clock } = subject();
		const [first = ''] = await ordered(engine, 3, { timeoutMs: 1_000 });
		await takeOne(engine, 'emails');
		clock.advance(1_000);
		await engine.reclaim();
		expect(await next(engine)).toEqual([first]);
		expect((await getJob(engine, first)).history).toMatchObject([{ kind: 'timeout' }]);
	});

	test('a job pushed with onRetry requeue goes to the tail, and frees its slot while it is delayed', async () => {
		const { engine } = subject();
		const [first, second, third] = await ordered(engine, 3, { onRetry: 'requeue' });
		await settle(engine, await takeOne(engine, 'emails'), 'retry');
		expect(await next(engine)).toEqual([second]);
		await settle(engine, { id: second ?? '', token: 1 }, 'retry', { delayMs: 5_000 });
		expect(await next(engine)).toEqual([third]);
		await settle(engine, { id: third ?? '', token: 1 }, 'complete');
		expect(await next(engine)).toEqual([first]);
	});

	test('a dead job lets the next one through', async () => {
		const { engine } = subject();
		const [, second] = await ordered(engine, 2, { maxAttempts: 1 });
		await settle(engine, await takeOne(engine, 'emails'), 'retry', { delayMs: 5_000 });
		expect(await next(engine)).toEqual([second]);
	});

	test('a failed job that keeps its slot gives it up when it is cancelled, deleted or promoted', async () => {
		const { engine } = subject();
		const [first = '', second = '', third = ''] = await ordered(engine, 3);
		const fail = async () => {
			await settle(engine, await takeOne(engine, 'emails'), 'retry', { delayMs: 5_000 });
			expect(await next(engine)).toEqual([]);
		};
		await fail();
		expect(await cancel(engine, first)).toEqual({ status: 'ok' });
		await fail();
		expect(await engine.deleteJobs([second])).toEqual([{ status: 'ok' }]);
		await fail();
		expect(await engine.promoteJobs([third])).toEqual([{ status: 'ok' }]);
		expect(await next(engine)).toEqual([third]);
	});

	test('a failed job whose time to start is over gives up its slot', async () => {
		const { engine, clock } = subject();
		const [first = ''] = await ordered(engine, 1, { ttlMs: 2_000 });
		const second = await pushOne(engine, 'emails', { group: 'g' });
		await settle(engine, await takeOne(engine, 'emails'), 'retry', { delayMs: 5_000 });
		clock.advance(2_000);
		expect(await next(engine)).toEqual([second]);
		expect(await getJob(engine, first)).toMatchObject({ state: 'dead', reason: 'expired' });
	});

	test('a limit that is raised lets the others pass one that keeps its slot', async () => {
		const { engine, clock } = subject();
		const [first, second, third] = await ordered(engine, 3);
		await settle(engine, await takeOne(engine, 'emails'), 'retry', { delayMs: 5_000 });
		await engine.putGroup('emails', 'g', { concurrency: 2 });
		expect(await next(engine)).toEqual([second]);
		clock.advance(5_000);
		await engine.promote();
		expect(await next(engine)).toEqual([first]);
		await settle(engine, { id: second ?? '', token: 1 }, 'complete');
		expect(await next(engine)).toEqual([third]);
	});

	test('the order is that of each lane: a higher priority goes first', async () => {
		const { engine } = subject();
		const [first = '', second] = await ordered(engine, 2);
		await takeOne(engine, 'emails');
		const urgent = await pushOne(engine, 'emails', { group: 'g', priority: 5 });
		expect(await next(engine)).toEqual([]);
		await settle(engine, { id: first, token: 1 }, 'complete');
		expect(await next(engine)).toEqual([urgent]);
		await settle(engine, { id: urgent, token: 1 }, 'complete');
		expect(await next(engine)).toEqual([second]);
	});

	test('jobs of the group end in the order of their pushes, whatever happens to their runs', async () => {
		const { engine, clock } = subject();
		const fate = fc.constantFrom(...OUTCOMES, 'retry', 'vanish', 'retry later', 'release later');
		const [fates = []] = fc.sample(fc.array(fate, { minLength: 150, maxLength: 150 }), {
			seed: inject('seed'),
			numRuns: 1,
		});
		const ids = await ordered(engine, 20, { maxAttempts: 4 });
		const other = await pushMany(engine, 'emails', 3);
		const ended: string[] = [];
		for (const fate of [...fates, ...ids.map(() => 'complete')]) {
			const [job] = (await take(engine, 'emails', { max: 3 })).filter(({ group }) => group === 'g');
			if (job === undefined) continue;
			const [outcome, later] = fate.split(' ');
			if (fate === 'vanish') clock.advance(LEASE_MS);
			else await settle(engine, job, outcome as 'retry', later === undefined ? {} : { delayMs: 1_000 });
			await engine.reclaim();
			if (later !== undefined) clock.advance(1_000);
			await engine.promote();
			const { state } = await getJob(engine, job.id);
			if (state === 'completed' || state === 'dead') ended.push(job.id);
		}
		expect(ended).toEqual(ids.slice(0, ended.length));
		expect(ended.length).toBe(20);
		expect(other).toHaveLength(3);
		expect(await takeAll(engine, 'emails')).toHaveLength(0);
	});
}
