import { describe, expect, test } from 'vitest';
import { toRawJson } from '../../src/core/json.ts';
import type { OperationFilter } from '../../src/core/operation.ts';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { bench, benchOn } from './kit.ts';

const DEAD: OperationFilter = { topic: 't', state: ['dead'] };

/** Says which of the jobs a filter finds: what a dry run counts, and what an operation then does. */
async function found(
	more: Partial<OperationFilter>,
	prepare: (b: Awaited<ReturnType<typeof bench>>) => Promise<string[]>,
) {
	const b = await bench();
	const ids = await prepare(b);
	const filter = { ...DEAD, ...more };
	const { matched } = await b.operations.dryRun({ action: 'delete', filter });
	const operation = await b.run({ action: 'delete', filter });
	const gone = (await b.states(ids)).flatMap((state, index) => (state === null ? [index] : []));
	expect([matched, operation.progress.matched, operation.progress.done]).toEqual(Array(3).fill(gone.length));
	return gone;
}

describe('a filter finds jobs', () => {
	test('of its topic alone', async () => {
		const b = await bench();
		const ids = [...(await b.jobs('t', 'dead', [{}])), ...(await b.jobs('u', 'dead', [{}]))];
		await b.run({ action: 'delete', filter: DEAD });
		expect(await b.states(ids)).toEqual([null, 'dead']);
	});

	test('in one of its states', async () => {
		const gone = await found({ state: ['waiting', 'dead'] }, async (b) => {
			const parts = [];
			for (const state of ['dead', 'completed', 'active', 'cancelled', 'delayed', 'waiting'] as const) {
				parts.push(await b.jobs('t', state, [{}]));
			}
			return parts.flat();
		});
		expect(gone).toEqual([0, 5]);
	});

	test('of its group', async () => {
		const gone = await found({ group: 'x' }, (b) => b.jobs('t', 'dead', [{ group: 'x' }, { group: 'y' }, {}]));
		expect(gone).toEqual([0]);
	});

	test('with its tag', async () => {
		const gone = await found({ tag: 'a' }, (b) => b.jobs('t', 'dead', [{ tags: ['b', 'a'] }, { tags: ['ab'] }, {}]));
		expect(gone).toEqual([0]);
	});

	test('whose latest error holds its text, plain or as JSON writes it', async () => {
		const errors = ['connect ECONNREFUSED', { message: 'said "no"\nand left' }, undefined];
		const prepare = async (b: Awaited<ReturnType<typeof bench>>) => {
			const parts = [];
			for (const error of errors) parts.push(await b.jobs('t', 'dead', [{}], error));
			return parts.flat();
		};
		expect(await found({ error: 'ECONN' }, prepare)).toEqual([0]);
		expect(await found({ error: 'said "no"\nand' }, prepare)).toEqual([1]);
		expect(await found({ error: '"message":"said' }, prepare)).toEqual([1]);
		expect(await found({ error: 'null' }, prepare)).toEqual([]);
	});

	test('by their age since the push', async () => {
		const prepare = async (b: Awaited<ReturnType<typeof bench>>) => {
			const parts = [];
			for (let n = 0; n < 3; n++) {
				parts.push(await b.jobs('t', 'dead', [{}]));
				b.clock.advance(1_000);
			}
			return parts.flat();
		};
		expect(await found({ olderThanMs: 2_000 }, prepare)).toEqual([0, 1]);
		expect(await found({ newerThanMs: 2_000 }, prepare)).toEqual([2]);
		expect(await found({ olderThanMs: 1_500, newerThanMs: 2_500 }, prepare)).toEqual([1]);
	});

	test('by their ids, those that are not there left out', async () => {
		const b = await bench();
		const ids = await b.jobs('t', 'dead', [{}, {}, {}]);
		const [waiting = ''] = await b.jobs('t', 'waiting', [{}]);
		const filter = { ...DEAD, ids: [ids[2] ?? '', waiting, 't:77'] };
		expect(await b.operations.dryRun({ action: 'delete', filter })).toEqual({ scanned: 2, matched: 1, complete: true });
		const { progress } = await b.run({ action: 'delete', filter });
		expect(progress).toEqual({ scanned: 2, matched: 1, done: 1, refused: 0 });
		expect(await b.states(ids)).toEqual(['dead', 'dead', null]);
	});

	test('only by all that it says', async () => {
		const gone = await found({ group: 'x', tag: 'a' }, (b) =>
			b.jobs('t', 'dead', [{ group: 'x', tags: ['a'] }, { group: 'x' }, { tags: ['a'] }]),
		);
		expect(gone).toEqual([0]);
	});
});

describe('a dry run', () => {
	test('changes nothing', async () => {
		const b = await bench();
		const ids = await b.jobs('t', 'dead', [{ group: 'x' }]);
		await b.operations.dryRun({ action: 'delete', filter: { ...DEAD, group: 'x' } });
		while ((await b.runner.round()) === 0);
		expect(await b.states(ids)).toEqual(['dead']);
		expect((await b.operations.list({ cursor: null, limit: 1 })).operations).toEqual([]);
		expect(await b.log()).toEqual([]);
	});

	test('without a filter asks the topic how many there are', async () => {
		const b = await bench();
		await b.jobs('t', 'dead', [{}, {}]);
		await b.jobs('t', 'waiting', [{}]);
		const dryRun = (state: OperationFilter['state'], topic = 't') =>
			b.operations.dryRun({ action: 'delete', filter: { topic, state } });
		expect(await dryRun(['waiting', 'dead'])).toEqual({ scanned: 0, matched: 3, complete: true });
		expect(await dryRun(['dead'], 'nobody')).toEqual({ scanned: 0, matched: 0, complete: true });
	});

	test('with one looks at 10,000 jobs and says when there are more', async () => {
		const b = await benchOn((clock) => new SqliteEngine({ path: ':memory:', clock }));
		const jobs = Array.from({ length: 1_000 }, (_, n) => ({ tags: n % 2 ? ['odd'] : [], data: toRawJson(n) }));
		for (let n = 0; n < 10; n++) await b.jobs('t', 'delayed', jobs);
		const filter: OperationFilter = { topic: 't', state: ['delayed'], tag: 'odd' };
		const dryRun = () => b.operations.dryRun({ action: 'cancel', filter });
		expect(await dryRun()).toEqual({ scanned: 10_000, matched: 5_000, complete: true });
		await b.jobs('t', 'delayed', jobs);
		expect(await dryRun()).toEqual({ scanned: 10_000, matched: 5_000, complete: false });
	});
});
