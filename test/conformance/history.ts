import { expect, test } from 'vitest';
import { asRawJson, toRawJson } from '../../src/core/json.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { START } from '../support/clock.ts';
import {
	cancel,
	type GetSubject,
	getJob,
	idsOf,
	LEASE_MS,
	listAll,
	pushed,
	pushOne,
	settle,
	take,
	takeOne,
} from './kit.ts';
import { keyed } from './unique.ts';

export function historyTests(subject: GetSubject): void {
	test('each failed, killed, timed out and crashed run stands in the history, the latest first', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 9, timeoutMs: 2 * LEASE_MS });
		const next = (worker: string, leaseMs = LEASE_MS) => takeOne(engine, 'emails', { worker, leaseMs });
		await settle(engine, await next('w1'), 'retry', { error: asRawJson('{"message":"no"}') });
		await next('w2');
		clock.advance(LEASE_MS);
		await engine.reclaim();
		await next('w3', 9 * LEASE_MS);
		clock.advance(2 * LEASE_MS);
		await engine.reclaim();
		await settle(engine, await takeOne(engine, 'emails'), 'kill', { reason: 'bad', error: asRawJson('[1, 2]') });
		expect((await getJob(engine, id)).history).toEqual([
			{ kind: 'killed', at: START + 3 * LEASE_MS, attempt: 4, by: null, error: '[1, 2]' },
			{ kind: 'timeout', at: START + 3 * LEASE_MS, attempt: 3, by: 'w3', error: null },
			{ kind: 'crashed', at: START + LEASE_MS, attempt: 2, by: 'w2', error: null },
			{ kind: 'failed', at: START, attempt: 1, by: 'w1', error: '{"message":"no"}' },
		]);
	});

	test('a completion, a release and an expiry stand in no history', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { ttlMs: 1_000 });
		await settle(engine, await takeOne(engine, 'emails'), 'release', { delayMs: 10 });
		clock.advance(1_000);
		await engine.promote();
		await engine.retryJobs([id]);
		await settle(engine, await takeOne(engine, 'emails'), 'complete', { result: asRawJson('1') });
		expect((await getJob(engine, id)).history).toEqual([]);
	});

	test('of more than ten events the last ten are kept', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 30 });
		for (let n = 1; n <= 13; n++) {
			await settle(engine, await takeOne(engine, 'emails', { worker: `w${n}` }), 'retry', { error: toRawJson(n) });
		}
		await cancel(engine, id, { actor: 'ada' });
		const { history } = await getJob(engine, id);
		expect(history).toHaveLength(LIMITS.history);
		expect(history.map(({ kind, by }) => `${kind} ${by}`)).toEqual([
			'cancelled ada',
			...[13, 12, 11, 10, 9, 8, 7, 6, 5].map((n) => `failed w${n}`),
		]);
		expect(history.map(({ attempt }) => attempt)).toEqual([13, 13, 12, 11, 10, 9, 8, 7, 6, 5]);
	});

	test('an error above 4 KiB stands only as the latest error of its job', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 9 });
		// In bytes of UTF-8: an é has two.
		const just = asRawJson(`"${'é'.repeat(LIMITS.historyErrorBytes / 2 - 1)}"`);
		const beyond = asRawJson(`"${'é'.repeat(LIMITS.historyErrorBytes / 2 - 1)}x"`);
		await settle(engine, await takeOne(engine, 'emails'), 'retry', { error: just });
		await settle(engine, await takeOne(engine, 'emails'), 'retry', { error: beyond });
		const job = await getJob(engine, id);
		expect(job.error).toBe(beyond);
		expect(job.history.map(({ error }) => error)).toEqual([null, just]);
	});

	test('names and reasons come back as they were given', async () => {
		const { engine } = subject();
		const texts = ['a:b', '{x}', '😀 "q" \\', ' ', 'null', '[1]', 'x'.repeat(LIMITS.nameLength)];
		for (const text of texts) {
			const id = await pushOne(engine, 'emails', { maxAttempts: 1 });
			await settle(engine, await takeOne(engine, 'emails', { worker: text }), 'retry');
			await engine.retryJobs([id]);
			await cancel(engine, id, { actor: text, reason: text });
			const { history } = await getJob(engine, id);
			expect(history).toMatchObject([
				{ kind: 'cancelled', by: text, error: toRawJson(text) },
				{ kind: 'failed', by: text, error: null },
			]);
		}
	});

	test('a history stays through retries by hand, and goes with its job', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 1 });
		await settle(engine, await takeOne(engine, 'emails'), 'retry');
		await engine.retryJobs([id]);
		await settle(engine, await takeOne(engine, 'emails'), 'complete');
		const job = await getJob(engine, id);
		expect(job.history).toMatchObject([{ kind: 'failed', attempt: 1 }]);
		expect(await listAll(engine, 'emails', 'completed')).toEqual([job]);
		await engine.deleteJobs([id]);
		expect(await engine.getJobs([id])).toEqual([null]);
	});

	test('an outcome that is refused leaves no trace', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		const job = await takeOne(engine, 'emails');
		await settle(engine, job, 'release');
		expect(await settle(engine, job, 'retry', { error: asRawJson('1') })).toEqual({ status: 'stale' });
		expect(await getJob(engine, id)).toMatchObject({ history: [], error: null });
	});

	test('a job that was cancelled by a push with its key says so', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', keyed());
		await pushed(engine, 'emails', keyed('cancelAndReplace'));
		expect((await getJob(engine, id)).history).toEqual([
			{ kind: 'cancelled', at: START, attempt: 0, by: null, error: toRawJson('replaced by a push with its key') },
		]);
	});

	test('what a job may carry comes back as it was given', async () => {
		const { engine } = subject();
		const terms = {
			cost: 7,
			timeoutMs: 1_000,
			ttlMs: 2_000,
			retryForMs: 3_000,
			maxCrashes: 4,
			onRetry: 'requeue',
			tags: ['a:b', '{x}', '😀', 'x'.repeat(LIMITS.tagLength)],
			parent: 'orders:1700000000000',
			unique: { key: 'k', scope: { windowMs: 9_000 }, onConflict: 'debounce' },
		} as const;
		const id = await pushOne(engine, 'emails', { ...terms, tags: [...terms.tags] });
		expect(await getJob(engine, id)).toMatchObject(terms);
		expect((await listAll(engine, 'emails', 'waiting'))[0]).toMatchObject(terms);
		const plain = await getJob(engine, await pushOne(engine, 'emails'));
		for (const term of Object.keys(terms)) expect(Reflect.get(plain, term)).toBeUndefined();
		expect(idsOf(await take(engine, 'emails'))).toEqual([id]);
	});
}
