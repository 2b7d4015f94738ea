import { describe, expect, test } from 'vitest';
import type { JobState, NewJob } from '../../src/core/job.ts';
import { asRawJson, toRawJson } from '../../src/core/json.ts';
import type { OperationRequest } from '../../src/core/operation.ts';
import { sweepAll } from '../conformance/kit.ts';
import { type Bench, bench, crashing, watched } from './kit.ts';

const CLAIM_MS = 6_000;

function move(...state: JobState[]): OperationRequest {
	return { action: 'move', to: 'other', filter: { topic: 't', state } };
}

/** All jobs of both topics that run, to the last; the payload of each. */
async function workOff(b: Bench): Promise<number[]> {
	b.clock.advance(3_600_000);
	await sweepAll(() => b.engine.promote());
	const taken = await b.engine.take({ topics: ['t', 'other'], max: 1_000, leaseMs: 60_000 });
	return taken.map(({ data }) => JSON.parse(data));
}

const numbered = (count: number, job: Partial<NewJob> = {}) =>
	Array.from({ length: count }, (_, n) => ({ data: toRawJson(n), ...job }));

describe('a move', () => {
	test('keeps payload bytes, group, priority and options; the copy waits, and the job is gone', async () => {
		const b = await bench();
		const terms = { cost: 3, timeoutMs: 5_000, maxCrashes: 2, onRetry: 'requeue' as const, tags: ['a'], parent: 't:7' };
		const job = {
			...terms,
			data: asRawJson('{"big":9007199254740993, "z":1.0}'),
			priority: 5,
			group: 'x',
			maxAttempts: 9,
			backoff: { type: 'fixed' as const, delayMs: 5 },
		};
		const ids = await b.jobs('t', 'dead', [job]);
		const { state, progress } = await b.run(move('dead'));
		expect([state, progress]).toEqual(['completed', { scanned: 1, matched: 1, done: 1, refused: 0 }]);
		expect(await b.states(ids)).toEqual([null]);
		expect(await b.list('other', 'waiting')).toEqual([expect.objectContaining({ ...job, attempt: 0, token: 0 })]);
	});

	test('keeps the order of jobs that wait, and the time of those that are delayed', async () => {
		const b = await bench();
		await b.jobs('t', 'waiting', numbered(250));
		const [id = ''] = await b.jobs('t', 'delayed', [{ data: toRawJson('later'), delayMs: 90_000 }]);
		const [{ runAt } = { runAt: 0 }] = (await b.engine.getJobs([id])).filter((job) => job !== null);
		await b.run(move('delayed', 'waiting'));
		expect((await b.list('other', 'waiting')).map(({ data }) => Number(data))).toEqual(
			Array.from({ length: 250 }, (_, n) => n),
		);
		expect(await b.list('other', 'delayed')).toMatchObject([{ data: '"later"', runAt }]);
		expect((await b.engine.getTopics(['t']))[0]?.counts).toMatchObject({ waiting: 0, delayed: 0 });
	});

	test('lets the time limits of a job count from the move', async () => {
		const b = await bench();
		await b.jobs('t', 'waiting', [{ ttlMs: 10_000 }]);
		b.clock.advance(9_000);
		await b.run(move('waiting'));
		b.clock.advance(9_999);
		await b.engine.promote();
		expect(await b.list('other', 'waiting')).toHaveLength(1);
		b.clock.advance(1);
		await b.engine.promote();
		expect(await b.list('other', 'dead')).toMatchObject([{ reason: 'expired' }]);
	});

	test('leaves a job that a worker has taken since, and no copy of it', async () => {
		const b = await bench();
		await b.jobs('t', 'waiting', numbered(3));
		// Taken between the copy and the delete.
		const view = watched(b.engine, async (name, call) => {
			const result = await call();
			if (name === 'push') await b.take('t');
			return result;
		});
		const { id } = await b.start(move('waiting'));
		const runner = b.newRunner(view);
		while ((await runner.round()) === 0);
		expect((await b.get(id)).progress).toMatchObject({ matched: 3, done: 2, refused: 1 });
		expect((await b.list('t', 'active')).map(({ data }) => data)).toEqual(['0']);
		expect((await b.list('other', 'waiting')).map(({ data }) => data)).toEqual(['1', '2']);
		expect(await b.list('other', 'delayed')).toEqual([]);
	});

	test('shows no copy to workers while its source is still there', async () => {
		const b = await bench();
		await b.jobs('t', 'waiting', numbered(3));
		let seen = 0;
		const view = watched(b.engine, async (name, call) => {
			if (name === 'deleteJobs') seen += (await b.take('other', 10)).length;
			return call();
		});
		await b.start(move('waiting'));
		const runner = b.newRunner(view);
		while ((await runner.round()) === 0);
		expect(seen).toBe(0);
		expect(await b.take('other', 10)).toHaveLength(3);
	});

	test('takes a unique key along, and leaves a job whose key is held there', async () => {
		const b = await bench();
		const unique = (key: string) => ({ key, scope: 'unfinished' as const, onConflict: 'replace' as const });
		await b.jobs('other', 'waiting', [{ unique: unique('b'), data: toRawJson('there') }]);
		const ids = await b.jobs('t', 'waiting', [{ unique: unique('a') }, { unique: unique('b') }]);
		const { progress } = await b.run(move('waiting'));
		expect(progress).toMatchObject({ done: 1, refused: 1 });
		expect(await b.states(ids)).toEqual([null, 'waiting']);
		const keys = (await b.list('other', 'waiting')).map((job) => [job.unique?.key, job.data]);
		expect(keys).toEqual([
			['b', '"there"'],
			['a', '{"n":1}'],
		]);
	});

	test('leaves jobs for which the other topic has no room', async () => {
		const b = await bench();
		await b.engine.putTopic('other', { waitingBytes: 2 });
		const ids = await b.jobs('t', 'waiting', numbered(3));
		const { progress } = await b.run(move('waiting'));
		expect(progress).toMatchObject({ done: 2, refused: 1 });
		expect(await b.states(ids)).toEqual([null, null, 'waiting']);
	});

	test('leaves a job that is queued behind another with its key', async () => {
		const b = await bench();
		const unique = { key: 'k', scope: 'unfinished' as const, onConflict: 'queueBehind' as const };
		const ids = await b.jobs('t', 'waiting', [{ unique }, { unique }]);
		const { progress } = await b.run(move('delayed'));
		expect(progress).toMatchObject({ done: 0, refused: 1 });
		expect(await b.states(ids)).toEqual(['waiting', 'delayed']);
	});
});

const FROM = ['waiting', 'dead', 'delayed'] as const;

describe.each([true, false])('a server that dies at any call of a move (the call is done: %s)', (done) => {
	async function crashAt(at: number, from: JobState, meanwhile: (b: Bench) => Promise<number[]>) {
		const b = await bench();
		await b.jobs('t', from, numbered(130));
		const { id } = await b.start(move(from));
		const dying = crashing(b.engine, { at, done });
		const runner = b.newRunner(dying.engine);
		while (!dying.state.crashed && (await b.get(id)).state === 'running') await runner.round().catch(() => {});
		const ran = await meanwhile(b);
		b.clock.advance(CLAIM_MS);
		while ((await b.runner.round()) === 0);
		return { b, ran, operation: await b.get(id), crashed: dying.state.crashed };
	}

	test.each(FROM)('leaves exactly one copy of each job that was %s', async (from) => {
		for (let at = 1, crashed = true; crashed; at++) {
			const result = await crashAt(at, from, async () => []);
			crashed = result.crashed;
			expect(result.operation, `crash at ${at}`).toMatchObject({
				state: 'completed',
				progress: { done: 130, refused: 0 },
			});
			expect(await result.b.list('t', from), `crash at ${at}`).toEqual([]);
			expect(
				(await workOff(result.b)).sort((x, y) => x - y),
				`crash at ${at}`,
			).toEqual([...Array(130).keys()]);
		}
	});

	test('has none run twice, also of those that workers take before another server goes on', async () => {
		for (let at = 1, crashed = true; crashed; at++) {
			const take = async (b: Bench) => {
				const taken = await b.engine.take({ topics: ['other', 't'], max: 20, leaseMs: 3_600_000_000 });
				return taken.map(({ data }) => Number(data));
			};
			const result = await crashAt(at, 'waiting', take);
			crashed = result.crashed;
			const all = [...result.ran, ...(await workOff(result.b))];
			expect(
				all.sort((x, y) => x - y),
				`crash at ${at}`,
			).toEqual([...Array(130).keys()]);
		}
	});
});
