import { describe, expect, test } from 'vitest';
import { MillraceError } from '../../src/core/errors.ts';
import type { JobState } from '../../src/core/job.ts';
import { until } from '../support/wait.ts';
import { bench, CLAIM_MS, crashing, many, request, settled, watched } from './kit.ts';

describe('several runners', () => {
	test('are never at work on one operation at the same time', async () => {
		const b = await bench();
		await b.jobs('t', 'dead', many(1_000));
		let [inside, most, steps] = [0, 0, 0];
		const view = () =>
			watched(b.engine, async (name, call) => {
				if (name !== 'getJobs' && name !== 'retryJobs' && name !== 'listJobs') return call();
				inside++;
				most = Math.max(most, inside);
				steps++;
				await new Promise(setImmediate);
				const result = await call();
				await new Promise(setImmediate);
				inside--;
				return result;
			});
		const runners = [view(), view(), view()].map((engine) => b.newRunner(engine));
		const { id } = await b.start(request('retry', ['dead']));
		const isRunning = async () => (await b.get(id)).state === 'running';
		const run = async (runner: (typeof runners)[number]) => {
			while (await isRunning()) {
				await runner.round();
				await new Promise(setImmediate);
			}
		};
		await Promise.all(runners.map(run));
		expect(steps).toBeGreaterThan(10);
		expect(most).toBe(1);
		expect((await b.get(id)).progress).toEqual({ scanned: 1_000, matched: 1_000, done: 1_000, refused: 0 });
	});

	test('let an operation rest after a step, whoever would make the next one', async () => {
		const b = await bench();
		const ids = await b.jobs('t', 'dead', many(10));
		const { id } = await b.start(request('retry', ['dead']));
		const runner = b.newRunner();
		runner.start();
		// The clock of the store stands still: the rest is not over for anybody.
		await until(async () => (await b.get(id)).progress.matched > 0);
		await runner.stop();
		const other = b.newRunner();
		expect(await other.round()).toBeGreaterThan(0);
		expect(new Set(await b.states(ids))).toEqual(new Set(['dead']));
		b.clock.advance(1_000);
		await other.goOn();
		expect(new Set(await b.states(ids))).toEqual(new Set(['waiting']));
	});

	test('respect a claim until its time is over, and then go on', async () => {
		const b = await bench();
		await b.jobs('t', 'dead', many(50));
		const { id } = await b.start(request('retry', ['dead']));
		const { engine } = crashing(b.engine, { at: 2, done: false });
		await expect(b.newRunner(engine).round()).rejects.toThrow('dead');
		expect(await b.runner.round()).toBeGreaterThan(0);
		b.clock.advance(CLAIM_MS - 1);
		expect(await b.runner.round()).toBe(1);
		expect((await b.get(id)).progress.scanned).toBe(0);
		b.clock.advance(1);
		await settled(b);
		expect(await b.get(id)).toMatchObject({ state: 'completed', progress: { done: 50 } });
	});

	test('do not let one operation that fails keep the others waiting', async () => {
		const b = await bench();
		for (const topic of ['bad', 't']) await b.jobs(topic, 'dead', many(1));
		const bad = await b.start({ action: 'retry', filter: { topic: 'bad', state: ['dead'] } });
		const good = await b.start(request('retry', ['dead']));
		const view = watched(b.engine, (name, call, args) => {
			if (name === 'listJobs' && JSON.stringify(args).includes('bad')) throw new MillraceError('UNAVAILABLE', 'away');
			return call();
		});
		const runner = b.newRunner(view);
		for (let n = 0; n < 8; n++) await runner.round().catch(() => {});
		expect((await b.get(good.id)).state).toBe('completed');
		expect((await b.get(bad.id)).state).toBe('running');
	});

	test('give each operation its turn', async () => {
		const b = await bench();
		await b.jobs('t', 'delayed', many(1_000));
		await b.jobs('u', 'delayed', many(1));
		const long = await b.start(request('cancel', ['delayed']));
		const short = await b.start({ action: 'cancel', filter: { topic: 'u', state: ['delayed'] } });
		for (let n = 0; n < 3; n++) await b.runner.round();
		expect((await b.get(short.id)).state).toBe('completed');
		expect((await b.get(long.id)).state).toBe('running');
	});
});

describe.each([true, false])('a server that dies at any call (the call is done: %s)', (done) => {
	test.each(['retry', 'cancel', 'delete'] as const)('leaves a %s to another, which does all of it', async (action) => {
		const states: Record<typeof action, JobState> = { retry: 'dead', cancel: 'waiting', delete: 'dead' };
		const after = { retry: 'waiting', cancel: 'cancelled', delete: null }[action];
		for (let at = 1, crashed = true; crashed; at++) {
			const b = await bench();
			const ids = await b.jobs('t', states[action], many(130, { tags: ['x'] }));
			const kept = await b.jobs('t', states[action], many(1));
			const filter = { topic: 't', state: [states[action]], tag: 'x' };
			const { id } = await b.start({ action, filter });
			const dying = crashing(b.engine, { at, done });
			const runner = b.newRunner(dying.engine);
			while (!dying.state.crashed && (await b.get(id)).state === 'running') await runner.round().catch(() => {});
			crashed = dying.state.crashed;
			b.clock.advance(CLAIM_MS);
			await settled(b);
			expect(new Set(await b.states(ids)), `crash at ${at}`).toEqual(new Set([after]));
			expect(await b.states(kept)).toEqual([states[action]]);
			expect(await b.get(id), `crash at ${at}`).toMatchObject({
				state: 'completed',
				complete: true,
				progress: { done: 130, refused: 0 },
			});
			expect((await b.log()).map(([word]) => word)).toEqual(['operation.start', 'operation.complete']);
		}
	});
});
