import { expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { batch } from '../support/jobs.ts';
import {
	finishOne,
	type GetSubject,
	idsOf,
	LEASE_MS,
	listAll,
	only,
	pushMany,
	pushOne,
	settle,
	take,
	takeOne,
} from './kit.ts';

export function repeatedTakeTests(subject: GetSubject): void {
	const request = { topics: ['emails'], max: 2, leaseMs: LEASE_MS, requestId: 'r1' };

	test('a take repeated under its request id gives the same deliveries and leases no others', async () => {
		const { engine, clock } = subject();
		await pushMany(engine, 'emails', 5);
		const jobs = await engine.take(request);
		clock.advance(10);
		expect(await engine.take(request)).toEqual(jobs);
		expect(await listAll(engine, 'emails', 'active')).toHaveLength(2);
		expect(await engine.take({ ...request, requestId: 'r2' })).toHaveLength(2);
	});

	test('a repeated take leaves out the deliveries that have ended', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 5);
		const [a, b] = await engine.take(request);
		if (a === undefined || b === undefined) throw new Error('Expected two jobs');
		await settle(engine, a, 'complete');
		expect(await engine.take(request)).toEqual([b]);
		await settle(engine, b, 'release');
		expect(await engine.take(request)).toEqual([]);
		expect(await listAll(engine, 'emails', 'active')).toEqual([]);
	});

	test('a job that was delivered again is no longer of the repeated take', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 2);
		const [a, b] = await engine.take(request);
		if (a === undefined || b === undefined) throw new Error('Expected two jobs');
		await settle(engine, a, 'release');
		expect(await takeOne(engine, 'emails')).toMatchObject({ id: a.id, token: 2 });
		expect(await engine.take(request)).toEqual([b]);
	});

	test('a take that gave nothing is not remembered', async () => {
		const { engine } = subject();
		expect(await engine.take(request)).toEqual([]);
		const id = await pushOne(engine, 'emails');
		expect(idsOf(await engine.take(request))).toEqual([id]);
	});

	test('a take is remembered for the length of its lease', async () => {
		const { engine, clock } = subject();
		await pushMany(engine, 'emails', 4);
		const jobs = await engine.take(request);
		await engine.extend(jobs, 10 * LEASE_MS);
		clock.advance(LEASE_MS - 1);
		expect(idsOf(await engine.take(request))).toEqual(idsOf(jobs));
		clock.advance(1);
		const later = await engine.take(request);
		expect(later).toHaveLength(2);
		expect(idsOf(later)).not.toEqual(idsOf(jobs));
	});

	test('a take over several topics is repeated whole', async () => {
		const { engine } = subject();
		await engine.push([batch('a', 2), batch('b', 5)]);
		const several = { topics: ['a', 'c', 'b'], max: 4, leaseMs: LEASE_MS, requestId: 'r1' };
		const jobs = await engine.take(several);
		expect(jobs).toHaveLength(4);
		await engine.push([batch('a', 2)]);
		expect(await engine.take(several)).toEqual(jobs);
	});

	test('a repeated take leases nothing from a topic that gave nothing the first time', async () => {
		const { engine } = subject();
		await pushMany(engine, 'b', 1);
		const several = { topics: ['a', 'b', 'c'], max: 4, leaseMs: LEASE_MS, requestId: 'r1' };
		const jobs = await engine.take(several);
		expect(jobs).toHaveLength(1);
		await engine.push([batch('a', 1), batch('b', 1), batch('c', 1)]);
		expect(await engine.take(several)).toEqual(jobs);
	});

	test('a take over several topics is remembered although all its deliveries have ended', async () => {
		const { engine } = subject();
		await pushMany(engine, 'a', 1);
		const several = { topics: ['b', 'a'], max: 1, leaseMs: LEASE_MS, requestId: 'r1' };
		const job = only(await engine.take(several));
		await pushMany(engine, 'b', 1);
		await settle(engine, job, 'complete');
		expect(await engine.take(several)).toEqual([]);
	});

	test('a repeated take gives its jobs although the topic was paused', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 3);
		const jobs = await engine.take(request);
		await engine.pauseTopic('emails', true);
		expect(await engine.take(request)).toEqual(jobs);
	});

	test('a request id may hold any printable ASCII characters, and takes without one are never remembered', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 20);
		for (const requestId of ['a b', 'a:b', '{x}', '*', '~"\\', 'R'.repeat(LIMITS.keyLength)]) {
			const jobs = await take(engine, 'emails', { requestId });
			expect(await take(engine, 'emails', { requestId })).toEqual(jobs);
		}
		expect(idsOf(await take(engine, 'emails'))).not.toEqual(idsOf(await take(engine, 'emails')));
	});

	test('a request id and an idempotency key of the same name do not meet', async () => {
		const { engine } = subject();
		await finishOne(engine, 'emails', 'complete');
		await engine.push([{ ...batch('emails', 1), idempotency: { key: 'same', fingerprint: 'f' } }]);
		expect(await take(engine, 'emails', { requestId: 'same' })).toHaveLength(1);
		const again = { ...batch('emails', 1), idempotency: { key: 'same', fingerprint: 'f' } };
		expect(await engine.push([again])).toMatchObject([{ status: 'duplicate' }]);
	});
}
