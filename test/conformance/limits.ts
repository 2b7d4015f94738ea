import { expect, test } from 'vitest';
import type { TakenJob } from '../../src/core/job.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { Engine } from '../../src/engine/engine.ts';
import {
	cancel,
	type GetSubject,
	groupOf,
	idsOf,
	LEASE_MS,
	pushJobs,
	pushMany,
	pushOne,
	settle,
	settleEach,
	sweepAll,
	take,
	takeAll,
	takeOne,
} from './kit.ts';

/** Names that mean something in keys, patterns and scripts, and names that begin with one another. */
const NAMES = ['*', 'a:b', '{x}', 'a', 'ab', 'abc', ' ', '0', 'null', '?', '[a]', "it's", '%s', '😀', 'é', 'e\u0301'];

/** Every way in which a run can end, and what must be done to the clock for it. */
const ENDS: Record<string, (engine: Engine, job: TakenJob) => Promise<unknown>> = {
	complete: (engine, job) => settle(engine, job, 'complete'),
	retry: (engine, job) => settle(engine, job, 'retry'),
	'retry with a delay': (engine, job) => settle(engine, job, 'retry', { delayMs: 50_000 }),
	kill: (engine, job) => settle(engine, job, 'kill'),
	release: (engine, job) => settle(engine, job, 'release'),
	'release with a delay': (engine, job) => settle(engine, job, 'release', { delayMs: 50_000 }),
	cancel: (engine, job) => cancel(engine, job.id),
	'settle and take of another topic': (engine, { id, token }) =>
		engine.settleAndTake([{ id, token, outcome: 'complete' }], { topics: ['nobody'], max: 1, leaseMs: LEASE_MS }),
};

export function limitsTests(subject: GetSubject): void {
	test('no more jobs of a topic are active than its limit allows, in one take or many', async () => {
		const { engine } = subject();
		expect(await engine.putTopic('emails', { concurrency: 3 })).toEqual({ concurrency: 3 });
		const ids = await pushMany(engine, 'emails', 6);
		const taken = [...(await take(engine, 'emails', { max: 2 })), ...(await take(engine, 'emails', { max: 10 }))];
		expect(idsOf(taken)).toEqual(ids.slice(0, 3));
		expect(await take(engine, 'emails')).toEqual([]);
		await settleEach(engine, taken.slice(1), 'complete');
		expect(idsOf(await take(engine, 'emails', { max: 10 }))).toEqual(ids.slice(3, 5));
	});

	test('a limit of the groups holds for each of them, and not for jobs without a group', async () => {
		const { engine } = subject();
		await engine.putTopic('emails', { groups: { concurrency: 2 } });
		for (const group of ['a', 'b', null]) await pushMany(engine, 'emails', 5, { group });
		const taken = await take(engine, 'emails', { max: 100 });
		const count = (group: string | null) => taken.filter((job) => job.group === group).length;
		expect([count('a'), count('b'), count(null)]).toEqual([2, 2, 5]);
	});

	test('a group may have a limit of its own, lower or higher; without it that of the groups holds', async () => {
		const { engine } = subject();
		await engine.putTopic('emails', { groups: { concurrency: 2 } });
		await engine.putGroup('emails', 'a', { concurrency: 1 });
		await engine.putGroup('emails', 'b', { concurrency: 4 });
		for (const group of ['a', 'b']) await pushMany(engine, 'emails', 6, { group });
		const count = async (group: string) => {
			const taken = await take(engine, 'emails', { max: 100 });
			return taken.filter((job) => job.group === group).length;
		};
		expect(await count('b')).toBe(4);
		expect(await groupOf(engine, 'emails', 'a')).toMatchObject({ active: 1 });
		await engine.putGroup('emails', 'a', { concurrency: null });
		expect(await count('a')).toBe(1);
		await engine.putTopic('emails', { groups: null });
		expect(await count('a')).toBe(4);
		expect(await groupOf(engine, 'emails', 'b')).toMatchObject({ active: 4 });
	});

	test('the limits of a topic and of its groups hold together', async () => {
		const { engine } = subject();
		await engine.putTopic('emails', { concurrency: 3, groups: { concurrency: 2 } });
		for (const group of ['a', 'b', 'c']) await pushMany(engine, 'emails', 3, { group });
		const taken = await take(engine, 'emails', { max: 100 });
		expect(taken.map(({ group }) => group)).toEqual(['a', 'a', 'b']);
		await settle(engine, taken[2] ?? { id: '', token: 0 }, 'complete');
		expect((await take(engine, 'emails', { max: 100 })).map(({ group }) => group)).not.toContain('a');
	});

	test('a group at its limit does not hold up the others, and costs them nothing', async () => {
		const { engine } = subject();
		await engine.putGroup('emails', 'a', { concurrency: 1 });
		await pushMany(engine, 'emails', 300, { group: 'a', priority: 9 });
		await pushMany(engine, 'emails', 50, { group: 'b' });
		const taken = await takeAll(engine, 'emails', { max: 7 });
		expect(taken.filter(({ group }) => group === 'a')).toHaveLength(1);
		expect(taken).toHaveLength(51);
	});

	for (const [how, end] of Object.entries(ENDS)) {
		test(`a slot is free as soon as its run has ended: ${how}`, async () => {
			const { engine } = subject();
			await engine.putTopic('emails', { concurrency: 2, groups: { concurrency: 2 } });
			await pushMany(engine, 'emails', 6, { group: 'g' });
			const taken = await take(engine, 'emails', { max: 6 });
			expect(taken).toHaveLength(2);
			for (const job of taken) await end(engine, job);
			expect(await groupOf(engine, 'emails', 'g')).toMatchObject({ active: 0 });
			expect(await take(engine, 'emails', { max: 6 })).toHaveLength(2);
		});
	}

	for (const timeoutMs of [undefined, LEASE_MS]) {
		test(`a dead worker's slots are back when its leases are reclaimed${timeoutMs ? ' as timeouts' : ''}`, async () => {
			const { engine, clock } = subject();
			await engine.putTopic('emails', { concurrency: 2, groups: { concurrency: 2 } });
			await pushMany(engine, 'emails', 5, { group: 'g', ...(timeoutMs === undefined ? {} : { timeoutMs }) });
			await take(engine, 'emails', { max: 5 });
			clock.advance(LEASE_MS - 1);
			await sweepAll(() => engine.reclaim());
			expect(await take(engine, 'emails', { max: 5 })).toEqual([]);
			clock.advance(1);
			await sweepAll(() => engine.reclaim());
			expect(await take(engine, 'emails', { max: 5 })).toHaveLength(2);
		});
	}

	test('a slot freed by a settle can be taken in the same call', async () => {
		const { engine } = subject();
		await engine.putTopic('emails', { concurrency: 1, groups: { concurrency: 1 } });
		const ids = await pushMany(engine, 'emails', 3, { group: 'g' });
		let { id, token } = await takeOne(engine, 'emails');
		for (const next of ids.slice(1)) {
			const request = { topics: ['emails'], max: 5, leaseMs: LEASE_MS };
			const { jobs } = await engine.settleAndTake([{ id, token, outcome: 'complete' }], request);
			expect(idsOf(jobs)).toEqual([next]);
			[{ id, token }] = jobs as [TakenJob];
		}
	});

	test('a limit can be raised, lowered and taken away while jobs run', async () => {
		const { engine } = subject();
		await engine.putGroup('emails', 'g', { concurrency: 2 });
		await pushMany(engine, 'emails', 12, { group: 'g' });
		const taken = await takeAll(engine, 'emails');
		await engine.putGroup('emails', 'g', { concurrency: 4 });
		taken.push(...(await takeAll(engine, 'emails')));
		expect(taken).toHaveLength(4);
		await engine.putGroup('emails', 'g', { concurrency: 2 });
		await settleEach(engine, taken.slice(0, 2), 'complete');
		expect(await take(engine, 'emails')).toEqual([]);
		await settleEach(engine, taken.slice(2, 3), 'complete');
		expect(await takeAll(engine, 'emails')).toHaveLength(1);
		await engine.putGroup('emails', 'g', { concurrency: null });
		expect(await takeAll(engine, 'emails')).toHaveLength(7);
	});

	test('a limit set on jobs that run already counts them', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 8, { group: 'g' });
		const taken = await take(engine, 'emails', { max: 3 });
		await engine.putTopic('emails', { concurrency: 3, groups: { concurrency: 3 } });
		expect(await take(engine, 'emails')).toEqual([]);
		await settleEach(engine, taken, 'complete');
		expect(await takeAll(engine, 'emails')).toHaveLength(3);
	});

	test('groups of any name have slots of their own', async () => {
		const { engine } = subject();
		const names = [...NAMES, 'g'.repeat(LIMITS.groupBytes), 'g'.repeat(LIMITS.groupBytes - 1)];
		await engine.putTopic('emails', { groups: { concurrency: 1 } });
		for (const _ of [1, 2, 3])
			await pushJobs(
				engine,
				'emails',
				names.map((group) => ({ group })),
			);
		const taken = await take(engine, 'emails', { max: 1_000 });
		expect(taken.map(({ group }) => group).sort()).toEqual([...names].sort());
		for (const job of taken) {
			expect(await groupOf(engine, 'emails', job.group ?? '')).toMatchObject({ active: 1, waiting: 2 });
			await settle(engine, job, 'complete');
			expect(await takeOne(engine, 'emails')).toMatchObject({ group: job.group });
			expect(await take(engine, 'emails')).toEqual([]);
		}
	});

	test('several engines on one store share its limits', async ({ skip }) => {
		const { engine, openAnother } = subject();
		skip(!engine.supports.sharing, 'one engine owns the store');
		const engines = [engine, await openAnother(), await openAnother()];
		await engine.putTopic('emails', { groups: { concurrency: 5 } });
		await pushMany(engine, 'emails', 60, { group: 'g' });
		const takes = Array.from({ length: 30 }, (_, n) => take(engines[n % 3] ?? engine, 'emails', { max: 2 }));
		const taken = (await Promise.all(takes)).flat();
		expect(taken).toHaveLength(5);
		await settleEach(engines[1] ?? engine, taken, 'complete');
		expect(await take(engines[2] ?? engine, 'emails', { max: 60 })).toHaveLength(5);
	});

	test('a limit of one topic is not that of another', async () => {
		const { engine } = subject();
		await engine.putTopic('a', { concurrency: 1 });
		await engine.putGroup('a', 'g', { concurrency: 1 });
		for (const topic of ['a', 'b']) await pushMany(engine, topic, 3, { group: 'g' });
		const request = { topics: ['a', 'b'], max: 10, leaseMs: LEASE_MS };
		expect((await engine.take(request)).map(({ topic }) => topic)).toEqual(['a', 'b', 'b', 'b']);
		expect(await pushOne(engine, 'a')).toBeDefined();
	});
}
