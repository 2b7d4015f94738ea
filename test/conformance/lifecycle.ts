import { expect, test } from 'vitest';
import { JOB_STATES } from '../../src/core/job.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { batch } from '../support/jobs.ts';
import {
	type GetSubject,
	getJob,
	idsOf,
	LEASE_MS,
	listAll,
	pushed,
	pushMany,
	pushOne,
	settle,
	settleEach,
	take,
	takeAll,
	takeOne,
} from './kit.ts';
import { keyed } from './unique.ts';

/** Every method that a closed engine refuses. */
const CALLS: Record<string, (engine: Engine) => Promise<unknown>> = {
	ping: (engine) => engine.ping(),
	push: (engine) => engine.push([batch('emails', 1)]),
	take: (engine) => take(engine, 'emails'),
	settle: (engine) => engine.settle([{ id: 'emails:1', token: 1, outcome: 'complete' }]),
	settleAndTake: (engine) => engine.settleAndTake([], { topics: ['emails'], max: 1, leaseMs: LEASE_MS }),
	extend: (engine) => engine.extend([{ id: 'emails:1', token: 1 }], LEASE_MS),
	promote: (engine) => engine.promote(),
	reclaim: (engine) => engine.reclaim(),
	prune: (engine) => engine.prune(),
	getJobs: (engine) => engine.getJobs(['emails:1']),
	listJobs: (engine) => engine.listJobs({ topic: 'emails', state: 'waiting', cursor: null, limit: 1 }),
	getTopics: (engine) => engine.getTopics(['emails']),
	listTopics: (engine) => engine.listTopics({ cursor: null, limit: 1 }),
	putTopic: (engine) => engine.putTopic('emails', {}),
	pauseTopic: (engine) => engine.pauseTopic('emails', true),
	retryJobs: (engine) => engine.retryJobs(['emails:1']),
	deleteJobs: (engine) => engine.deleteJobs(['emails:1']),
	promoteJobs: (engine) => engine.promoteJobs(['emails:1']),
	cancelJobs: (engine) => engine.cancelJobs(['emails:1'], { actor: null, reason: null }),
	explainJobs: (engine) => engine.explainJobs(['emails:1']),
	putGroup: (engine) => engine.putGroup('emails', 'g', {}),
	pauseGroup: (engine) => engine.pauseGroup('emails', 'g', true),
	getGroups: (engine) => engine.getGroups('emails', ['g']),
	listGroups: (engine) => engine.listGroups({ topic: 'emails', cursor: null, limit: 1 }),
};

export function lifecycleTests(subject: GetSubject): void {
	for (const [name, call] of Object.entries(CALLS)) {
		test(`a closed engine refuses ${name} with CLOSED`, async () => {
			const { engine } = subject();
			await pushOne(engine, 'emails');
			await engine.close();
			await expect(call(engine)).rejects.toMatchObject({ code: 'CLOSED' });
		});
	}

	test('an engine may be closed twice, at once and again', async () => {
		const { engine } = subject();
		await Promise.all([engine.close(), engine.close()]);
		await engine.close();
	});

	test('an engine that was never opened may be closed', async () => {
		const { store, clock } = subject();
		await store.engine(clock).close();
	});

	test('calls under way when an engine closes end: done, or with a typed error', async () => {
		const { engine } = subject();
		const pushes = Array.from({ length: 20 }, () => pushMany(engine, 'emails', 5));
		const [results] = await Promise.all([Promise.allSettled(pushes), engine.close()]);
		for (const result of results) {
			if (result.status === 'rejected') expect(['CLOSED', 'AMBIGUOUS']).toContain(result.reason?.code);
		}
	});

	test('a ping is answered', async () => {
		const { engine } = subject();
		expect(await engine.ping()).toBeUndefined();
	});

	test('an engine says what a push is worth', async () => {
		const { engine } = subject();
		expect(['memory', 'fsynced', 'replicated']).toContain(engine.durability);
		expect(Object.values(engine.supports)).toSatisfy((values: unknown[]) => values.every((value) => value === !!value));
	});

	test('two stores know nothing of each other', async () => {
		const { engine } = subject();
		expect(await engine.listTopics({ cursor: null, limit: 10 })).toEqual({ topics: [], nextCursor: null });
	});

	test('a new engine on the store sees all that the closed one left', async ({ skip }) => {
		const { engine, openAnother } = subject();
		skip(!engine.supports.persistence, 'the data end with the engine');
		const push = { ...batch('emails', 6), idempotency: { key: 'k', fingerprint: 'f' } };
		await engine.push([push]);
		await engine.putTopic('emails', { maxAttempts: 4 });
		await engine.pauseTopic('idle', true);
		await pushMany(engine, 'emails', 2, { delayMs: 500, group: 'g' });
		const request = { topics: ['emails'], max: 3, leaseMs: LEASE_MS, requestId: 'r' };
		const [a, b, c] = await engine.take(request);
		if (a === undefined || b === undefined || c === undefined) throw new Error('Expected three jobs');
		await settle(engine, a, 'complete');
		await settle(engine, b, 'kill');
		const before = await everything(engine);
		await engine.close();

		const next = await openAnother();
		expect(await everything(next)).toEqual(before);
		expect(await next.push([push])).toMatchObject([{ status: 'duplicate' }]);
		expect(await next.take(request)).toEqual([c]);
		expect(await settle(next, c, 'complete')).toMatchObject({ status: 'ok' });
		expect(await takeAll(next, 'emails')).toHaveLength(3);
	});

	test('limits, rates, pauses, turns and keys outlive the engine', async ({ skip }) => {
		const { engine, clock, openAnother } = subject();
		skip(!engine.supports.persistence, 'the data end with the engine');
		await engine.putTopic('emails', { rate: { limit: 9, perMs: 640_000 }, groups: { concurrency: 2 } });
		await engine.putGroup('emails', 'a', { weight: 3 });
		await engine.pauseGroup('emails', 'paused', true, clock() + 640_000);
		for (const group of ['a', 'b', 'parked', 'paused']) await pushMany(engine, 'emails', 4, { group });
		await pushMany(engine, 'emails', 4, keyed('queueBehind'));
		const taken = await take(engine, 'emails', { max: 9 });
		expect(taken).toHaveLength(7);
		const parked = taken.filter(({ group }) => group === 'parked');
		await settleEach(engine, parked, 'release', { parkMs: 640_000 });
		const left = idsOf(await listAll(engine, 'emails', 'waiting'));
		const before = [await everything(engine), await engine.explainJobs(left)];
		await engine.close();

		const next = await openAnother();
		expect([await everything(next), await next.explainJobs(left)]).toEqual(before);
		expect(await pushed(next, 'emails', keyed())).toMatchObject({ unique: { outcome: 'kept' } });
		expect(await take(next, 'emails', { max: 9 })).toEqual([]);
		await settleEach(
			next,
			taken.filter((job) => !parked.includes(job)),
			'complete',
		);
		expect(await take(next, 'emails', { max: 9 })).toHaveLength(9 - taken.length);
		clock.advance(640_000);
		expect((await take(next, 'emails', { max: 9 })).map(({ group }) => group)).toContain('paused');
	});

	test('numbers and tokens go on where the closed engine left them', async ({ skip }) => {
		const { engine, clock, openAnother } = subject();
		skip(!engine.supports.persistence, 'the data end with the engine');
		const [first = ''] = await pushMany(engine, 'emails', 3);
		await settle(engine, await takeOne(engine, 'emails'), 'release');
		await engine.close();
		clock.advance(-1_000);
		const next = await openAnother();
		expect(await takeOne(next, 'emails')).toMatchObject({ id: first, token: 2 });
		expect(await pushOne(next, 'emails')).toBe(`emails:${Number(first.slice('emails:'.length)) + 3}`);
	});

	test('two engines that share a store share its jobs', async ({ skip }) => {
		const { engine, openAnother } = subject();
		skip(!engine.supports.sharing, 'one engine owns the store');
		const other = await openAnother();
		const ids = await pushMany(engine, 'emails', 40);
		const takes = await Promise.all(
			Array.from({ length: 20 }, (_, n) => take(n % 2 === 0 ? engine : other, 'emails', { max: 3 })),
		);
		const taken = takes.flat();
		expect(idsOf(taken).sort()).toEqual(ids.sort());
		const outcomes = taken.map(({ id, token }) => ({ id, token, outcome: 'complete' as const }));
		const [mine, theirs] = await Promise.all([engine.settle(outcomes), other.settle(outcomes)]);
		const oks = outcomes.map((_, n) => [mine[n]?.status, theirs[n]?.status].filter((status) => status === 'ok').length);
		expect(new Set(oks)).toEqual(new Set([1]));
	});

	test('a store that cannot be shared refuses a second engine, and the first goes on', async ({ skip }) => {
		const { engine, openAnother } = subject();
		skip(engine.supports.sharing || !engine.supports.persistence, 'there is no second engine to refuse');
		await expect(openAnother()).rejects.toMatchObject({ code: expect.stringMatching(/^(UNAVAILABLE|STORE_REFUSED)$/) });
		const id = await pushOne(engine, 'emails');
		expect((await getJob(engine, id)).state).toBe('waiting');
		await engine.close();
		const next = await openAnother();
		expect((await getJob(next, id)).state).toBe('waiting');
	});
}

async function everything(engine: Engine): Promise<unknown> {
	const lists = JOB_STATES.map((state) => engine.listJobs({ topic: 'emails', state, cursor: null, limit: 100 }));
	const groups = await engine.getGroups('emails', ['a', 'b', 'parked', 'paused']);
	return [await Promise.all(lists), groups, await engine.listTopics({ cursor: null, limit: 100 })];
}
