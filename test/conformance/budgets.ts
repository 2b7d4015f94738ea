import { expect, test } from 'vitest';
import { asRawJson } from '../../src/core/json.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { newJob } from '../support/jobs.ts';
import {
	cancel,
	type GetSubject,
	idsOf,
	LEASE_MS,
	listAll,
	only,
	pushed,
	pushMany,
	pushOne,
	settle,
	settleEach,
	sum,
	sweepAll,
	take,
	takeAll,
	takeOne,
} from './kit.ts';
import { keyed } from './unique.ts';

/** A payload of so many bytes. */
function bytes(count: number) {
	return asRawJson(`"${'x'.repeat(count - 2)}"`);
}

/** Pushes payloads of these sizes in one batch; returns what the answer says. */
async function push(engine: Engine, ...sizes: number[]): Promise<string> {
	const jobs = sizes.map((size) => newJob({ data: bytes(size) }));
	return only(await engine.push([{ topic: 'emails', jobs }])).status;
}

export function budgetsTests(subject: GetSubject): void {
	test('a push that the budget of waiting bytes does not hold is refused whole, and stores nothing', async () => {
		const { engine } = subject();
		await engine.putTopic('emails', { waitingBytes: 100 });
		expect(await push(engine, 60)).toBe('created');
		expect(await push(engine, 20, 21)).toBe('full');
		expect(await engine.getTopics(['emails'])).toMatchObject([{ counts: { waiting: 1 } }]);
		expect(await push(engine, 20, 20)).toBe('created');
		expect(await push(engine, 2)).toBe('full');
		expect(await engine.getTopics(['emails'])).toMatchObject([{ counts: { waiting: 3 } }]);
	});

	test('other topics and other batches of the same call are stored', async () => {
		const { engine } = subject();
		await engine.putTopic('a', { waitingBytes: 10 });
		const results = await engine.push([
			{ topic: 'a', jobs: [newJob({ data: bytes(11) })] },
			{ topic: 'b', jobs: [newJob({ data: bytes(11) })] },
			{ topic: 'a', jobs: [newJob({ data: bytes(10) })] },
		]);
		expect(results.map(({ status }) => status)).toEqual(['full', 'created', 'created']);
	});

	test('bytes are those of UTF-8', async () => {
		const { engine } = subject();
		await engine.putTopic('emails', { waitingBytes: 12 });
		const job = newJob({ data: asRawJson('"ééé😀"') });
		expect(await engine.push([{ topic: 'emails', jobs: [job] }])).toMatchObject([{ status: 'created' }]);
		expect(await push(engine, 2)).toBe('full');
	});

	test('delayed and active jobs count as well; what ends makes room, however it ends', async () => {
		const { engine, clock } = subject();
		await engine.putTopic('emails', { waitingBytes: 100 });
		const id = await pushOne(engine, 'emails', { data: bytes(100), delayMs: 1_000, maxAttempts: 1 });
		const next = async () => {
			expect(await push(engine, 2)).toBe('full');
			return takeOne(engine, 'emails');
		};
		expect(await push(engine, 2)).toBe('full');
		clock.advance(1_000);
		await engine.promote();
		await settle(engine, await next(), 'release');
		await settle(engine, await next(), 'complete');
		const full = () => pushOne(engine, 'emails', { data: bytes(100), maxAttempts: 1, ttlMs: 3 * LEASE_MS });
		await full();
		await settle(engine, await next(), 'kill');
		await full();
		await settle(engine, await next(), 'retry');
		await full();
		await next();
		clock.advance(LEASE_MS);
		await engine.reclaim();
		await cancel(engine, await full());
		await engine.deleteJobs([await full()]);
		await full();
		clock.advance(3 * LEASE_MS);
		await engine.promote();
		expect(await push(engine, 100)).toBe('created');
		expect(id).toBeDefined();
	});

	test('a retry by hand counts again, and is not refused', async () => {
		const { engine } = subject();
		await engine.putTopic('emails', { waitingBytes: 100 });
		const id = await pushOne(engine, 'emails', { data: bytes(80) });
		await settle(engine, await takeOne(engine, 'emails'), 'kill');
		expect(await push(engine, 90)).toBe('created');
		expect(await engine.retryJobs([id])).toEqual([{ status: 'ok' }]);
		expect(await push(engine, 2)).toBe('full');
		for (const job of await take(engine, 'emails', { max: 5 })) await settle(engine, job, 'complete');
		expect(await push(engine, 100)).toBe('created');
	});

	test('a job that is replaced counts with its new payload', async () => {
		const { engine } = subject();
		await engine.putTopic('emails', { waitingBytes: 100 });
		await pushOne(engine, 'emails', keyed('keep', { data: bytes(20) }));
		await pushed(engine, 'emails', keyed('replace', { data: bytes(70) }));
		expect(await push(engine, 31)).toBe('full');
		expect(await push(engine, 30)).toBe('created');
	});

	test('jobs count that were pushed since the budget was set; it can be raised and taken away', async () => {
		const { engine } = subject();
		await pushOne(engine, 'emails', { data: bytes(500) });
		expect(await engine.putTopic('emails', { waitingBytes: 100 })).toEqual({ waitingBytes: 100 });
		expect(await push(engine, 100)).toBe('created');
		expect(await push(engine, 2)).toBe('full');
		await engine.putTopic('emails', { waitingBytes: 200 });
		expect(await push(engine, 100)).toBe('created');
		expect(await push(engine, 2)).toBe('full');
		await engine.putTopic('emails', { waitingBytes: null });
		expect(await push(engine, 1_000)).toBe('created');
		await engine.putTopic('emails', { waitingBytes: 100 });
		expect(await push(engine, 100)).toBe('created');
		expect(await takeAll(engine, 'emails')).toHaveLength(5);
	});

	test('a push repeated under its key has its first answer also when the topic is full', async () => {
		const { engine } = subject();
		await engine.putTopic('emails', { waitingBytes: 100 });
		const batch = {
			topic: 'emails',
			jobs: [newJob({ data: bytes(100) })],
			idempotency: { key: 'k', fingerprint: 'f' },
		};
		const [first] = await engine.push([batch]);
		if (first?.status !== 'created') throw new Error('Expected a job');
		expect(await engine.push([batch])).toEqual([{ status: 'duplicate', ids: idsOf(first.jobs) }]);
		// A push that was refused is not remembered.
		const other = { ...batch, idempotency: { key: 'other', fingerprint: 'f' } };
		expect(await engine.push([other])).toEqual([{ status: 'full' }]);
		await settle(engine, await takeOne(engine, 'emails'), 'complete');
		expect(await engine.push([other])).toMatchObject([{ status: 'created' }]);
	});

	test('of finished jobs beyond the budget the oldest go: completed ones first, then cancelled, then dead', async () => {
		const { engine, clock } = subject();
		await engine.putTopic('emails', { finishedBytes: 100 });
		const ids = await pushMany(engine, 'emails', 6, { data: bytes(30) });
		const [a, b, c, d] = await take(engine, 'emails', { max: 4 });
		const ends = [
			[a, 'kill'],
			[b, 'complete'],
			[c, 'complete'],
			[d, 'kill'],
		] as const;
		for (const [job, outcome] of ends) {
			if (job !== undefined) await settle(engine, job, outcome);
			clock.advance(1);
		}
		for (const id of ids.slice(4)) await cancel(engine, id);
		expect(sum(await sweepAll(() => engine.prune()))).toBe(3);
		const left = (await engine.getJobs(ids)).map((job) => job?.state ?? null);
		expect(left).toEqual(['dead', null, null, 'dead', null, 'cancelled']);
		await engine.putTopic('emails', { finishedBytes: 0 });
		await engine.prune();
		expect((await engine.getJobs(ids)).filter((job) => job !== null)).toEqual([]);
	});

	test('finished jobs that were pushed before the budget, and unfinished ones, stay', async () => {
		const { engine } = subject();
		await pushOne(engine, 'emails', { data: bytes(500) });
		await settle(engine, await takeOne(engine, 'emails'), 'complete');
		await engine.putTopic('emails', { finishedBytes: 0 });
		const waiting = await pushMany(engine, 'emails', 3, { data: bytes(50) });
		expect(sum(await sweepAll(() => engine.prune()))).toBe(0);
		expect(await listAll(engine, 'emails', 'completed')).toHaveLength(1);
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual(waiting);
	});

	test('a prune by bytes is bounded, and in the end it has pruned all beyond them', async () => {
		const { engine } = subject();
		const count = LIMITS.sweep + 50;
		await engine.putTopic('emails', { finishedBytes: 200 });
		await pushMany(engine, 'emails', count, { data: bytes(100) });
		await settleEach(engine, await takeAll(engine, 'emails'), 'complete');
		const counts = await sweepAll(() => engine.prune());
		expect(counts.length).toBeGreaterThan(1);
		expect(sum(counts)).toBe(count - 2);
		expect(await listAll(engine, 'emails', 'completed')).toHaveLength(2);
	});
}
