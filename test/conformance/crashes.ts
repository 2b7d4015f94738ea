import { expect, test } from 'vitest';
import { START } from '../support/clock.ts';
import { type GetSubject, getJob, idsOf, LEASE_MS, pushMany, pushOne, settle, take, takeAll, takeOne } from './kit.ts';

export function crashesTests(subject: GetSubject): void {
	/** The leases of all active jobs end. */
	const vanish = async () => {
		const { engine, clock } = subject();
		clock.advance(LEASE_MS);
		await engine.reclaim();
	};

	test('failures, crashes and releases are counted apart', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 9 });
		const next = () => takeOne(engine, 'emails');
		await settle(engine, await next(), 'retry');
		await next();
		await vanish();
		await settle(engine, await next(), 'release');
		await settle(engine, await next(), 'release');
		expect(await getJob(engine, id)).toMatchObject({ attempt: 2, crashes: 1, releases: 2, token: 4 });
	});

	test('a job is dead as crashed after maxCrashes runs that ended with a vanished worker', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 9, maxCrashes: 2 });
		await takeOne(engine, 'emails');
		await vanish();
		await settle(engine, await takeOne(engine, 'emails'), 'retry');
		expect(await getJob(engine, id)).toMatchObject({ state: 'waiting', attempt: 2, crashes: 1 });
		await takeOne(engine, 'emails');
		await vanish();
		expect(await getJob(engine, id)).toMatchObject({ state: 'dead', reason: 'crashed', attempt: 3, crashes: 2 });
	});

	test('without maxCrashes the attempts alone count', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 2 });
		await takeOne(engine, 'emails');
		await vanish();
		await takeOne(engine, 'emails');
		await vanish();
		expect(await getJob(engine, id)).toMatchObject({ state: 'dead', reason: 'crashed', crashes: 2 });
	});

	test('more crashes may be allowed than there are attempts, which does not add to these', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 1, maxCrashes: 5 });
		await takeOne(engine, 'emails');
		await vanish();
		expect(await getJob(engine, id)).toMatchObject({ state: 'dead', reason: 'crashed', attempt: 1, crashes: 1 });
	});

	test('a dead job that is retried has all counts at zero', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 9, maxCrashes: 1 });
		await settle(engine, await takeOne(engine, 'emails'), 'release');
		await takeOne(engine, 'emails');
		await vanish();
		expect(await getJob(engine, id)).toMatchObject({ state: 'dead', crashes: 1, releases: 1 });
		await engine.retryJobs([id]);
		expect(await getJob(engine, id)).toMatchObject({ state: 'waiting', attempt: 0, crashes: 0, releases: 0 });
	});

	test('what a worker that marks had not started goes back unharmed, in its order; what it had started has crashed', async () => {
		const { engine } = subject();
		const ids = await pushMany(engine, 'emails', 4);
		const jobs = await take(engine, 'emails', { max: 3, worker: 'w', marks: true });
		const [first] = jobs;
		if (first === undefined) throw new Error('Expected three jobs');
		await engine.extend([{ ...first, started: true }], LEASE_MS);
		await vanish();
		const unharmed = { state: 'waiting', attempt: 0, crashes: 0, releases: 1, worker: null, history: [] };
		const crashed = { state: 'waiting', attempt: 1, crashes: 1, releases: 0, history: [{ kind: 'crashed', by: 'w' }] };
		expect(await engine.getJobs(ids.slice(0, 3))).toMatchObject([crashed, unharmed, unharmed]);
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([ids[1], ids[2], ids[3], ids[0]]);
	});

	test('an extension without the mark starts nothing, and a mark stays through later extensions', async () => {
		const { engine, clock } = subject();
		const ids = await pushMany(engine, 'emails', 2);
		const [a, b] = await take(engine, 'emails', { max: 2, marks: true });
		if (a === undefined || b === undefined) throw new Error('Expected two jobs');
		await engine.extend([{ ...a, started: true }, b], LEASE_MS);
		clock.advance(10);
		await engine.extend([a, { ...b, started: false }], LEASE_MS);
		await vanish();
		expect(await engine.getJobs(ids)).toMatchObject([{ crashes: 1 }, { crashes: 0, releases: 1 }]);
	});

	test('each delivery is marked anew', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		const job = await takeOne(engine, 'emails', { marks: true });
		await engine.extend([{ ...job, started: true }], LEASE_MS);
		await settle(engine, job, 'release');
		await takeOne(engine, 'emails', { marks: true });
		await vanish();
		expect(await getJob(engine, id)).toMatchObject({ attempt: 0, crashes: 0, releases: 2 });
		await takeOne(engine, 'emails');
		await vanish();
		expect(await getJob(engine, id)).toMatchObject({ attempt: 1, crashes: 1, releases: 2 });
	});

	test('a stale mark marks nothing', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		const old = await takeOne(engine, 'emails', { marks: true });
		await settle(engine, old, 'release');
		await takeOne(engine, 'emails', { marks: true });
		expect(await engine.extend([{ ...old, started: true }], LEASE_MS)).toEqual([{ status: 'stale' }]);
		await vanish();
		expect(await getJob(engine, id)).toMatchObject({ crashes: 0, releases: 2 });
	});

	test('a job that its worker had not started is not dead, whatever it has used up', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 1, maxCrashes: 1, retryForMs: 10 });
		for (let n = 1; n <= 3; n++) {
			await takeOne(engine, 'emails', { marks: true });
			await vanish();
			expect(await getJob(engine, id)).toMatchObject({ state: 'waiting', attempt: 0, releases: n });
		}
	});

	test('a job that ran too long before its worker started it is a timeout all the same', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { timeoutMs: 1_000 });
		await takeOne(engine, 'emails', { marks: true });
		clock.advance(1_000);
		await engine.reclaim();
		expect(await getJob(engine, id)).toMatchObject({ attempt: 1, crashes: 0, releases: 0 });
	});

	test('an active job shows who has it', async () => {
		const { engine } = subject();
		const [a = '', b = ''] = await pushMany(engine, 'emails', 2);
		const job = await takeOne(engine, 'emails', { worker: 'host-1 #7' });
		await takeOne(engine, 'emails');
		expect(await getJob(engine, a)).toMatchObject({ worker: 'host-1 #7', leaseExpiresAt: START + LEASE_MS });
		expect((await getJob(engine, b)).worker).toBeNull();
		await settle(engine, job, 'complete');
		expect((await getJob(engine, a)).worker).toBeNull();
	});
}
