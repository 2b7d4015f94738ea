import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { batch } from '../support/jobs.ts';
import { type GetSubject, getJob, idsOf, LEASE_MS, pushMany, pushOne, settle, take, takeAll, takeOne } from './kit.ts';

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
	const states = ['waiting', 'delayed', 'active', 'completed', 'dead'] as const;
	const lists = states.map((state) => engine.listJobs({ topic: 'emails', state, cursor: null, limit: 100 }));
	return [await Promise.all(lists), await engine.listTopics({ cursor: null, limit: 100 })];
}
