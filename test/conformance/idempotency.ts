import { expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { batch } from '../support/jobs.ts';
import { type GetSubject, idsOf, idsOfPush, listAll, only, settle, sweepAll, takeOne } from './kit.ts';

const first = { key: 'k1', fingerprint: 'f1' };

export function idempotentPushTests(subject: GetSubject): void {
	test('a push repeated under its key stores nothing and gives the first ids', async () => {
		const { engine, clock } = subject();
		const push = { ...batch('emails', 3), idempotency: first };
		const created = only(await engine.push([push]));
		expect(created.status).toBe('created');
		clock.advance(5);
		expect(await engine.push([push])).toEqual([{ status: 'duplicate', ids: idsOfPush(created) }]);
		expect(await listAll(engine, 'emails', 'waiting')).toHaveLength(3);
	});

	test('a key used for another request is a conflict: nothing is stored, and the first ids are told', async () => {
		const { engine } = subject();
		const ids = idsOfPush(only(await engine.push([{ ...batch('emails', 2), idempotency: first }])));
		const other = { ...batch('emails', 5), idempotency: { key: 'k1', fingerprint: 'f2' } };
		expect(await engine.push([other])).toEqual([{ status: 'conflict', ids }]);
		expect(await listAll(engine, 'emails', 'waiting')).toHaveLength(2);
		const again = { ...batch('emails', 2), idempotency: first };
		expect(await engine.push([again])).toEqual([{ status: 'duplicate', ids }]);
	});

	test('the same key twice in one call creates once', async () => {
		const { engine } = subject();
		const push = { ...batch('emails', 1), idempotency: first };
		const [one, two] = await engine.push([push, push]);
		if (one?.status !== 'created') throw new Error('Expected the first to be created');
		expect(two).toEqual({ status: 'duplicate', ids: idsOf(one.jobs) });
	});

	test('a duplicate does not hold up the batches beside it', async () => {
		const { engine } = subject();
		const push = { ...batch('emails', 1), idempotency: first };
		await engine.push([push]);
		const results = await engine.push([batch('emails', 2), push, batch('other', 1)]);
		expect(results.map(({ status }) => status)).toEqual(['created', 'duplicate', 'created']);
	});

	test('a key belongs to its topic', async () => {
		const { engine } = subject();
		await engine.push([{ ...batch('a', 1), idempotency: first }]);
		const [result] = await engine.push([{ ...batch('b', 1), idempotency: { key: 'k1', fingerprint: 'f2' } }]);
		expect(result?.status).toBe('created');
	});

	test('a key is remembered although its jobs are finished and gone', async () => {
		const { engine } = subject();
		await engine.putTopic('emails', { completed: { count: 0, ageMs: 0 } });
		const push = { ...batch('emails', 1), idempotency: first };
		const ids = idsOfPush(only(await engine.push([push])));
		await settle(engine, await takeOne(engine, 'emails'), 'complete');
		expect(await engine.getJobs(ids)).toEqual([null]);
		expect(await engine.push([push])).toEqual([{ status: 'duplicate', ids }]);
	});

	test('a key is remembered for its time and then free again, pruned or not', async () => {
		const { engine, clock } = subject();
		const push = { ...batch('emails', 1), idempotency: first };
		const other = { ...batch('emails', 1), idempotency: { key: 'k2', fingerprint: 'f2' } };
		await engine.push([push, other]);
		clock.advance(LIMITS.idempotencyTtlMs - 1);
		await sweepAll(() => engine.prune());
		expect(await engine.push([push])).toMatchObject([{ status: 'duplicate' }]);
		clock.advance(1);
		expect(await engine.push([push])).toMatchObject([{ status: 'created' }]);
		await sweepAll(() => engine.prune());
		expect(await engine.push([other])).toMatchObject([{ status: 'created' }]);
		expect(await engine.push([push])).toMatchObject([{ status: 'duplicate' }]);
	});

	test('a key may hold any printable ASCII characters', async () => {
		const { engine } = subject();
		const keys = ['a b', 'a:b', '{x}', '*', '~"\\', "'; --", 'K'.repeat(LIMITS.keyLength), 'k', 'K'];
		for (const key of keys) {
			const push = { ...batch('emails', 1), idempotency: { key, fingerprint: 'F'.repeat(64) } };
			const ids = idsOfPush(only(await engine.push([push])));
			expect(await engine.push([push])).toEqual([{ status: 'duplicate', ids }]);
		}
		expect(await listAll(engine, 'emails', 'waiting')).toHaveLength(keys.length);
	});

	test('a repeated push of a thousand delayed jobs gives all their ids', async () => {
		const { engine } = subject();
		const push = { ...batch('emails', 1_000, { delayMs: 9 }), idempotency: first };
		const ids = idsOfPush(only(await engine.push([push])));
		expect(await engine.push([push])).toEqual([{ status: 'duplicate', ids }]);
		expect(new Set(ids).size).toBe(1_000);
	});

	test('pushes made at the same time under one key create once', async () => {
		const { engine } = subject();
		const push = { ...batch('emails', 2), idempotency: first };
		const results = (await Promise.all(Array.from({ length: 20 }, () => engine.push([push])))).map(only);
		expect(results.filter(({ status }) => status === 'created')).toHaveLength(1);
		expect(new Set(results.map((result) => idsOfPush(result).join())).size).toBe(1);
		expect(await listAll(engine, 'emails', 'waiting')).toHaveLength(2);
	});
}
