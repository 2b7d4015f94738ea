import { expect, onTestFinished, test } from 'vitest';
import { asRawJson, toRawJson } from '../../src/core/json.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { START } from '../support/clock.ts';
import { until } from '../support/wait.ts';
import {
	cancel,
	finishOne,
	type GetSubject,
	getJob,
	idsOf,
	LEASE_MS,
	listAll,
	pushed,
	pushMany,
	pushOne,
	settle,
	stateOf,
	sweepAll,
	take,
	takeAll,
	takeOne,
} from './kit.ts';
import { keyed } from './unique.ts';

const ADA = { actor: 'ada', reason: 'a mistake' };

function heard(engine: Engine): string[] {
	const ids: string[] = [];
	onTestFinished(engine.onCancel((some) => ids.push(...some)));
	return ids;
}

export function cancelTests(subject: GetSubject): void {
	test('a waiting and a delayed job are cancelled at once, and it stands in their history who did it and why', async () => {
		const { engine, clock } = subject();
		const ids = [await pushOne(engine, 'emails'), await pushOne(engine, 'emails', { delayMs: 5_000 })];
		clock.advance(70);
		expect(await engine.cancelJobs(ids, ADA)).toEqual([{ status: 'ok' }, { status: 'ok' }]);
		const entry = { kind: 'cancelled', at: START + 70, attempt: 0, by: 'ada', error: toRawJson('a mistake') };
		for (const job of await engine.getJobs(ids)) {
			expect(job).toMatchObject({ state: 'cancelled', reason: 'cancelled', finishedAt: START + 70, runAt: null });
			expect(job?.history).toEqual([entry]);
		}
		clock.advance(5_000);
		await engine.promote();
		expect(await take(engine, 'emails')).toEqual([]);
	});

	test('nobody need say who it is or why', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		await cancel(engine, id);
		expect((await getJob(engine, id)).history).toEqual([
			{ kind: 'cancelled', at: START, attempt: 0, by: null, error: null },
		]);
	});

	test('an active job is cancelled at once; its worker learns it from an extension or an outcome', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails');
		const job = await takeOne(engine, 'emails', { worker: 'w' });
		expect(await engine.cancelJobs([id], ADA)).toEqual([{ status: 'ok' }]);
		expect(await getJob(engine, id)).toMatchObject({
			state: 'cancelled',
			attempt: 0,
			leaseExpiresAt: null,
			worker: null,
			history: [{ kind: 'cancelled', attempt: 1, by: 'ada' }],
		});
		expect(await engine.extend([job], LEASE_MS)).toEqual([{ status: 'cancelled' }]);
		const before = await getJob(engine, id);
		for (const outcome of ['complete', 'retry', 'kill', 'release'] as const) {
			expect(await settle(engine, job, outcome, { parkMs: 5_000 })).toEqual({ status: 'cancelled' });
		}
		expect(await getJob(engine, id)).toEqual(before);
		clock.advance(LEASE_MS);
		expect(await engine.reclaim()).toMatchObject({ count: 0, nextInMs: null });
		const left = await pushOne(engine, 'emails');
		expect(idsOf(await take(engine, 'emails'))).toEqual([left]);
	});

	test('once the job waits again an old delivery is stale, no longer cancelled', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		const job = await takeOne(engine, 'emails');
		await cancel(engine, id);
		await engine.retryJobs([id]);
		expect(await settle(engine, job, 'complete')).toEqual({ status: 'stale' });
		expect(await engine.extend([job], LEASE_MS)).toEqual([{ status: 'stale' }]);
		expect(await takeOne(engine, 'emails')).toMatchObject({ id, token: 2, attempt: 1 });
		await cancel(engine, id);
		await engine.deleteJobs([id]);
		expect(await settle(engine, job, 'complete')).toEqual({ status: 'missing' });
	});

	test('a finished job cannot be cancelled, nor one twice, nor one that there is not', async () => {
		const { engine } = subject();
		const completed = await finishOne(engine, 'emails', 'complete');
		const dead = await finishOne(engine, 'emails', 'kill');
		const id = await pushOne(engine, 'emails');
		const before = await engine.getJobs([completed, dead]);
		expect(await engine.cancelJobs([], ADA)).toEqual([]);
		expect(await engine.cancelJobs([completed, id, 'no id', dead, id, 'nobody:1', 'emails:1'], ADA)).toEqual([
			{ status: 'refused', state: 'completed' },
			{ status: 'ok' },
			{ status: 'missing' },
			{ status: 'refused', state: 'dead' },
			{ status: 'refused', state: 'cancelled' },
			{ status: 'missing' },
			{ status: 'missing' },
		]);
		expect(await engine.getJobs([completed, dead])).toEqual(before);
	});

	test('a cancelled job that is retried waits at the tail with all its attempts, and keeps its history', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { maxAttempts: 2 });
		await settle(engine, await takeOne(engine, 'emails'), 'retry', { error: asRawJson('"boom"') });
		await cancel(engine, id, ADA);
		const other = await pushOne(engine, 'emails');
		expect(await engine.retryJobs([id])).toEqual([{ status: 'ok' }]);
		const job = await getJob(engine, id);
		expect(job).toMatchObject({ state: 'waiting', attempt: 0, reason: null, finishedAt: null });
		expect(job.history.map(({ kind }) => kind)).toEqual(['cancelled', 'failed']);
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([other, id]);
	});

	test('cancelled jobs are counted, listed newest first, and can be deleted', async () => {
		const { engine, clock } = subject();
		const [a = '', b = '', c = ''] = await pushMany(engine, 'emails', 3);
		await cancel(engine, c);
		clock.advance(1);
		await engine.cancelJobs([b, a], ADA);
		expect(await engine.getTopics(['emails'])).toMatchObject([{ counts: { waiting: 0, cancelled: 3 } }]);
		expect(idsOf(await listAll(engine, 'emails', 'cancelled'))).toEqual([b, a, c]);
		expect(await engine.deleteJobs([a])).toEqual([{ status: 'ok' }]);
		expect(idsOf(await listAll(engine, 'emails', 'cancelled'))).toEqual([b, c]);
	});

	test('cancelled jobs are kept up to the count and the age that their topic says', async () => {
		const { engine, clock } = subject();
		await engine.putTopic('emails', { cancelled: { count: 2, ageMs: 5_000 } });
		const ids = await pushMany(engine, 'emails', 5);
		await engine.cancelJobs(ids, ADA);
		expect(idsOf(await listAll(engine, 'emails', 'cancelled'))).toEqual(ids.slice(3).reverse());
		clock.advance(4_999);
		expect(await sweepAll(() => engine.prune())).toEqual([0]);
		clock.advance(1);
		await sweepAll(() => engine.prune());
		expect(await listAll(engine, 'emails', 'cancelled')).toEqual([]);
		await engine.putTopic('emails', { cancelled: { count: 0, ageMs: 5_000 } });
		const last = await pushOne(engine, 'emails');
		expect(await cancel(engine, last)).toEqual({ status: 'ok' });
		expect(await stateOf(engine, last)).toBeNull();
	});

	test('a cancelled head lets the next of its lane through', async () => {
		const { engine } = subject();
		const ids = await pushMany(engine, 'emails', 4, { group: 'g' });
		await engine.cancelJobs([ids[0] ?? '', ids[2] ?? ''], ADA);
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([ids[1], ids[3]]);
	});

	test('a thousand jobs are cancelled in one call', async () => {
		const { engine } = subject();
		const ids = await pushMany(engine, 'emails', 1_000);
		await take(engine, 'emails', { max: 300 });
		const results = await engine.cancelJobs(ids, ADA);
		expect(results.filter(({ status }) => status === 'ok')).toHaveLength(1_000);
		expect(await engine.getTopics(['emails'])).toMatchObject([{ counts: { waiting: 0, active: 0, cancelled: 1_000 } }]);
	});

	test('whoever listens hears of active jobs that are cancelled, and of no others', async ({ skip }) => {
		const { engine } = subject();
		skip(!engine.supports.hints, 'there are no hints');
		const ids = heard(engine);
		const [a = '', b = '', c = ''] = await pushMany(engine, 'emails', 3);
		await take(engine, 'emails', { max: 2 });
		await engine.cancelJobs([c, a], ADA);
		await cancel(engine, b);
		await until(() => ids.includes(b), { what: 'the last of them' });
		expect(ids).toEqual([a, b]);
	});

	test('an active job that is cancelled by a push with its key is told of as well', async ({ skip }) => {
		const { engine } = subject();
		skip(!engine.supports.hints, 'there are no hints');
		const ids = heard(engine);
		const holder = await pushOne(engine, 'emails', keyed());
		const job = await takeOne(engine, 'emails');
		await pushed(engine, 'emails', keyed('cancelAndReplace'));
		await until(() => ids.length > 0, { what: 'the word of it' });
		expect(ids).toEqual([holder]);
		expect(await settle(engine, job, 'complete')).toEqual({ status: 'cancelled' });
	});

	test('another engine on the same store hears of it too', async ({ skip }) => {
		const { engine, openAnother } = subject();
		skip(!engine.supports.sharing || !engine.supports.hints, 'one engine owns the store');
		const ids = heard(await openAnother());
		const id = await pushOne(engine, 'emails');
		await takeOne(engine, 'emails');
		await cancel(engine, id);
		await until(() => ids.includes(id), { what: 'the word of it' });
	});
}
