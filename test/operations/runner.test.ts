import { describe, expect, test } from 'vitest';
import { toRawJson } from '../../src/core/json.ts';
import { gate } from '../support/gate.ts';
import { bench, many, request, settled, watched } from './kit.ts';

describe('an operation', () => {
	test('retries jobs: they wait again', async () => {
		const b = await bench();
		const ids = [...(await b.jobs('t', 'dead', many(3))), ...(await b.jobs('t', 'cancelled', many(2)))];
		const { state, progress, complete, finishedAt } = await b.run(request('retry', ['dead', 'cancelled']));
		expect(await b.states(ids)).toEqual(Array(5).fill('waiting'));
		expect([state, complete, finishedAt]).toEqual(['completed', true, b.clock()]);
		expect(progress).toEqual({ scanned: 5, matched: 5, done: 5, refused: 0 });
	});

	test('cancels jobs, and who wanted it stands with each', async () => {
		const b = await bench();
		const active = await b.jobs('t', 'active', many(1));
		const ids = [...active, ...(await b.jobs('t', 'waiting', many(2))), ...(await b.jobs('t', 'delayed', many(1)))];
		const { progress } = await b.run(
			request('cancel', ['delayed', 'waiting', 'active'], { actor: 'ada', reason: 'not needed' }),
		);
		expect(progress).toMatchObject({ matched: 4, done: 4 });
		for (const job of await b.engine.getJobs(ids)) {
			expect(job?.history[0]).toMatchObject({ kind: 'cancelled', by: 'ada', error: '"not needed"' });
		}
	});

	test('deletes jobs, and leaves those of other states', async () => {
		const b = await bench();
		const ids = [...(await b.jobs('t', 'completed', many(2))), ...(await b.jobs('t', 'waiting', many(1)))];
		await b.run(request('delete', ['completed']));
		expect(await b.states(ids)).toEqual([null, null, 'waiting']);
	});

	test('counts as refused what cannot be done', async () => {
		const b = await bench();
		const unique = { key: 'k', scope: 'unfinished' as const, onConflict: 'keep' as const };
		const ids = await b.jobs('t', 'cancelled', [{ unique }]);
		await b.jobs('t', 'waiting', [{ unique }]);
		const { progress, state } = await b.run(request('retry', ['cancelled']));
		expect([state, progress]).toEqual(['completed', { scanned: 1, matched: 1, done: 0, refused: 1 }]);
		expect(await b.states(ids)).toEqual(['cancelled']);
	});

	test('of a topic that is not there completes with nothing', async () => {
		const b = await bench();
		const { state, progress } = await b.run(request('delete', ['dead']));
		expect([state, progress.scanned]).toEqual(['completed', 0]);
	});

	test('takes jobs out of the list that it reads and misses none, whichever of them fit', async () => {
		const b = await bench();
		const fits = (n: number) => (n * 7) % 3 !== 0;
		const jobs = Array.from({ length: 1_500 }, (_, n) => ({ tags: fits(n) ? ['x'] : [] }));
		const ids = await b.jobs('t', 'waiting', jobs.slice(0, 1_000));
		ids.push(...(await b.jobs('t', 'waiting', jobs.slice(1_000))));
		const filter = { topic: 't', state: ['waiting' as const], tag: 'x' };
		const { progress } = await b.run({ action: 'cancel', filter });
		expect(await b.states(ids)).toEqual(jobs.map(({ tags }) => (tags.length > 0 ? 'cancelled' : 'waiting')));
		expect(progress).toEqual({ scanned: 1_500, matched: 1_000, done: 1_000, refused: 0 });
	});

	test('goes in steps of at most 500 jobs', async () => {
		const b = await bench();
		for (let n = 0; n < 2; n++) await b.jobs('t', 'delayed', many(1_000));
		const made = { cancelled: 0, read: 0 };
		const view = watched(b.engine, async (name, call) => {
			const result = await call();
			if (name === 'cancelJobs') made.cancelled += (result as unknown[]).length;
			if (name === 'listJobs') made.read += (result as { jobs: unknown[] }).jobs.length;
			return result;
		});
		const runner = b.newRunner(view);
		const { id } = await b.start(request('cancel', ['delayed']));
		const steps: (typeof made)[] = [];
		while ((await b.get(id)).state === 'running') {
			Object.assign(made, { cancelled: 0, read: 0 });
			await runner.round();
			steps.push({ ...made });
		}
		const [cancelled, read] = [steps.map((step) => step.cancelled), steps.map((step) => step.read)];
		expect([Math.max(...cancelled), Math.max(...read)]).toEqual([500, 500]);
		expect([cancelled, read].map((numbers) => numbers.reduce((sum, one) => sum + one))).toEqual([2_000, 2_000]);
	});

	test('reads shorter pages where payloads are large', async () => {
		const b = await bench();
		await b.jobs('t', 'delayed', many(300, { data: toRawJson('x'.repeat(60_000)) }));
		const limits: number[] = [];
		const view = watched(b.engine, (name, call, [query]) => {
			if (name === 'listJobs') limits.push((query as { limit: number }).limit);
			return call();
		});
		await b.start(request('cancel', ['delayed']));
		await b.newRunner(view).goOn();
		expect(limits).toEqual([100, 50, 100, 50]);
	});

	test('finds jobs that have gone to another of its states, and back, while it looked', async () => {
		const b = await bench();
		const delayed = await b.jobs('t', 'delayed', many(550));
		const waiting = await b.jobs('t', 'waiting', many(2));
		const { id } = await b.start(request('cancel', ['delayed', 'waiting']));
		await b.runner.round();
		// The pages that were read hold the first 500 of the delayed ones.
		await b.engine.promoteJobs(delayed.slice(500));
		while ((await b.list('t', 'delayed')).length > 0) await b.runner.round();
		await b.take('t', 2);
		await b.settle(waiting, { outcome: 'retry', delayMs: 1_000 });
		await settled(b);
		expect((await b.get(id)).progress).toMatchObject({ done: 552 });
		expect(new Set(await b.states([...delayed, ...waiting]))).toEqual(new Set(['cancelled']));
	});

	test('does not act upon a job that has become another since it was found', async () => {
		const b = await bench();
		const [taken = '', retried = '', left = ''] = await b.jobs('t', 'waiting', many(3));
		const { id } = await b.start(request('cancel', ['waiting']));
		await b.runner.round();
		await b.take('t');
		await b.engine.deleteJobs([retried]);
		await settled(b);
		expect(await b.states([taken, retried, left])).toEqual(['active', null, 'cancelled']);
		expect((await b.get(id)).progress).toEqual({ scanned: 3, matched: 3, done: 1, refused: 2 });
	});
});

describe('an operation ends', () => {
	test('although more jobs come than it can read', async () => {
		const b = await bench();
		const ids = await b.jobs('t', 'waiting', many(300));
		const view = watched(b.engine, async (name, call) => {
			if (name === 'listJobs') await b.jobs('t', 'waiting', many(50));
			b.clock.advance(1);
			return call();
		});
		const { id } = await b.start(request('cancel', ['waiting']));
		const runner = b.newRunner(view);
		while ((await b.get(id)).state === 'running') await runner.round();
		expect((await b.get(id)).progress).toMatchObject({ matched: 300, done: 300 });
		expect(new Set(await b.states(ids))).toEqual(new Set(['cancelled']));
		expect((await b.list('t', 'waiting')).length).toBeGreaterThan(0);
	});

	test('although what it retries is dead again at once', async () => {
		const b = await bench();
		const ids = await b.jobs('t', 'dead', many(250));
		const view = watched(b.engine, async (name, call) => {
			const result = await call();
			if (name !== 'retryJobs') return result;
			b.clock.advance(1);
			const jobs = await b.take('t', 1_000);
			await b.settle(
				jobs.map((job) => job.id),
				{ outcome: 'kill' },
			);
			return result;
		});
		const { id } = await b.start(request('retry', ['dead']));
		const runner = b.newRunner(view);
		while ((await b.get(id)).state === 'running') await runner.round();
		expect((await b.get(id)).progress).toEqual({ scanned: expect.any(Number), matched: 250, done: 250, refused: 0 });
		expect(new Set((await b.engine.getJobs(ids)).map((job) => job?.token))).toEqual(new Set([2]));
	});

	test('at the latest when it has looked at many times the jobs that there were, and says that it has not seen all', async () => {
		const b = await bench();
		const [job] = await b.jobs('t', 'waiting', many(1)).then((ids) => b.engine.getJobs(ids));
		let pages = 0;
		const view = watched(b.engine, async (name, call) => {
			if (name !== 'listJobs') return call();
			pages++;
			return { jobs: [{ ...job, createdAt: b.clock() + 1 }], nextCursor: 'more' };
		});
		const { id } = await b.start(request('cancel', ['waiting']));
		const runner = b.newRunner(view);
		while ((await b.get(id)).state === 'running') await runner.round();
		expect(await b.get(id)).toMatchObject({ state: 'completed', complete: false });
		expect(pages).toBeLessThan(1_500);
	});

	test('as cancelled, with the error, when the store says what no repetition would change', async () => {
		const b = await bench();
		await b.jobs('t', 'dead', many(1));
		const view = watched(b.engine, (name, call) => {
			if (name === 'retryJobs') throw new Error('a bug');
			return call();
		});
		const { id } = await b.start(request('retry', ['dead']));
		const runner = b.newRunner(view);
		await runner.round();
		await expect(runner.round()).rejects.toThrow('a bug');
		expect(await b.get(id)).toMatchObject({ state: 'cancelled', complete: false, error: 'a bug' });
		expect(await runner.round()).toBeGreaterThan(0);
		expect((await b.log()).at(-1)).toEqual(['operation.fail', id]);
	});
});

describe('an operation that is cancelled', () => {
	test('goes no further, and what it has done stays done', async () => {
		const b = await bench();
		await b.jobs('t', 'delayed', many(600));
		const { id } = await b.start(request('cancel', ['delayed']));
		await b.runner.round();
		await b.runner.round();
		const cancelled = await b.operations.cancel(id, { actor: 'ada', reason: null });
		expect(cancelled).toMatchObject({ state: 'cancelled', complete: false, progress: { done: 499 } });
		await settled(b);
		expect(await b.get(id)).toEqual(cancelled);
		expect(await b.list('t', 'cancelled')).toHaveLength(499);
	});

	test('while a step is under way counts what that step still does', async () => {
		const b = await bench();
		await b.jobs('t', 'dead', many(50));
		const { id } = await b.start(request('retry', ['dead']));
		const [reached, go] = [gate(), gate()];
		const view = watched(b.engine, async (name, call) => {
			if (name !== 'retryJobs') return call();
			reached.open();
			await go.opened;
			return call();
		});
		const runner = b.newRunner(view);
		await runner.round();
		const round = runner.round();
		await reached.opened;
		await b.operations.cancel(id, { actor: null, reason: null });
		go.open();
		await round;
		expect(await b.get(id)).toMatchObject({ state: 'cancelled', complete: false, progress: { done: 50 } });
		expect(await b.log()).toEqual([
			['operation.start', id],
			['operation.cancel', id],
		]);
	});

	test('already is left as it is; one that has completed is refused, one that never was is null', async () => {
		const b = await bench();
		const by = { actor: null, reason: null };
		const { id } = await b.start(request('delete', ['dead']));
		const first = await b.operations.cancel(id, by);
		expect(await b.operations.cancel(id, by)).toEqual(first);
		const completed = await b.run(request('delete', ['dead']));
		await expect(b.operations.cancel(completed.id, by)).rejects.toMatchObject({ code: 'WRONG_STATE' });
		expect(await b.operations.cancel('op-none', by)).toBeNull();
	});
});

describe('a rate', () => {
	test.each([1, 7, 20])('of %s a second lets go as many in each second, in small portions', async (perSecond) => {
		const b = await bench();
		await b.jobs('t', 'dead', many(60));
		const { id } = await b.start(request('retry', ['dead'], { perSecond }));
		const times: number[] = [];
		for (let ms = 0; ms < 3_000; ms += 10) {
			const before = (await b.get(id)).progress.done;
			await settled(b);
			const { done } = (await b.get(id)).progress;
			for (let n = before; n < done; n++) times.push(b.clock());
			b.clock.advance(10);
		}
		const inEachSecond = times.map((at) => times.filter((other) => other >= at && other < at + 1_000).length);
		expect(Math.max(...inEachSecond)).toBe(perSecond);
		expect(times.length).toBeGreaterThanOrEqual(perSecond * 3 - Math.ceil(perSecond / 5));
	});

	test('holds after a time in which nobody ran', async () => {
		const b = await bench();
		await b.jobs('t', 'dead', many(100));
		const { id } = await b.start(request('retry', ['dead'], { perSecond: 10 }));
		await settled(b);
		b.clock.advance(60_000);
		await settled(b);
		expect((await b.get(id)).progress.done).toBe(4);
	});

	test('is not stopped by a clock that is put back', async () => {
		const b = await bench();
		await b.jobs('t', 'dead', many(10));
		const { id } = await b.start(request('retry', ['dead'], { perSecond: 1 }));
		await settled(b);
		b.clock.advance(-3_600_000);
		await settled(b);
		expect((await b.get(id)).progress.done).toBe(2);
	});
});

test('only so many operations are under way at once', async () => {
	const b = await bench();
	for (let n = 0; n < 100; n++) await b.start(request('delete', ['dead']));
	await expect(b.start(request('delete', ['dead']))).rejects.toMatchObject({ code: 'STORE_FULL' });
	await settled(b);
	await b.start(request('delete', ['dead']));
	const { operations, nextCursor } = await b.operations.list({ cursor: null, limit: 1_000 });
	expect([operations.length, nextCursor === null]).toEqual([100, false]);
});

test('a runner that is started goes on by itself, and a wake spares it the wait', async () => {
	const b = await bench();
	await b.jobs('t', 'dead', many(10));
	const ended = gate();
	const view = watched(b.engine, async (name, call) => {
		const result = await call();
		// Its rest is over.
		if (name === 'save') b.clock.advance(1_000);
		if (name === 'save' && (await b.list('t', 'waiting')).length === 10) ended.open();
		return result;
	});
	const runner = b.newRunner(view);
	runner.start();
	const began = performance.now();
	await b.start(request('retry', ['dead']));
	runner.wake();
	await ended.opened;
	expect(performance.now() - began).toBeLessThan(2_000);
	await runner.stop();
});
