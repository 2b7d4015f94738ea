import { describe, expect, inject, test } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { toRawJson } from '../../src/core/json.ts';
import type { OperationFilter } from '../../src/core/operation.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { randomPrefix } from '../support/prefix.ts';
import { type Bench, benchOn, watched } from './kit.ts';

const STORES: [string, (clock: Clock) => Engine][] = [
	['SQLite', (clock) => new SqliteEngine({ path: ':memory:', clock })],
	['Redis', (clock) => new RedisEngine({ url: inject('redisUrl'), prefix: randomPrefix(), clock })],
];

const COUNT = 20_000;

/** Every other one of 20,000 jobs has a tag. */
async function manyJobs(b: Bench): Promise<void> {
	for (let from = 0; from < COUNT; from += 1_000) {
		const jobs = Array.from({ length: 1_000 }, (_, n) => {
			return { data: toRawJson(from + n), tags: n % 2 ? ['odd'] : [], group: n % 3 ? `g${n % 3}` : null };
		});
		await b.jobs('t', 'waiting', jobs);
	}
}

describe.each(STORES)('20,000 jobs on %s', (_name, make) => {
	test('are gone through in steps of at most 500, calls of at most 100, and none is missed', async () => {
		const b = await benchOn(make);
		await manyJobs(b);
		const filter: OperationFilter = { topic: 't', state: ['waiting'], tag: 'odd' };
		expect(await b.operations.dryRun({ action: 'cancel', filter })).toMatchObject({
			scanned: 10_000,
			complete: false,
		});
		const sizes = { listJobs: 0, cancelJobs: 0, getJobs: 0 };
		const view = watched(b.engine, (name, call, [first]) => {
			const size = name === 'listJobs' ? (first as { limit: number }).limit : (first as string[])?.length;
			if (name in sizes) sizes[name as 'listJobs'] = Math.max(sizes[name as 'listJobs'], size);
			return call();
		});
		await b.engine.putTopic('t', { cancelled: { count: COUNT, ageMs: 1_000_000 } });
		const { id } = await b.start({ action: 'cancel', filter });
		await b.newRunner(view).goOn();
		expect(await b.get(id)).toMatchObject({
			state: 'completed',
			complete: true,
			progress: { scanned: COUNT, matched: COUNT / 2, done: COUNT / 2, refused: 0 },
		});
		expect(sizes).toEqual({ listJobs: 100, cancelJobs: 100, getJobs: 0 });
		expect((await b.engine.getTopics(['t']))[0]?.counts).toMatchObject({ waiting: COUNT / 2, cancelled: COUNT / 2 });
		const moving: OperationFilter = { topic: 't', state: ['cancelled'], group: 'g1' };
		const { matched } = await b.operations.dryRun({ action: 'move', filter: moving });
		const moved = await b.run({ action: 'move', to: 'u', filter: moving });
		expect([moved.progress.done, moved.progress.refused, moved.complete]).toEqual([matched, 0, true]);
		const numbers = (await b.list('u', 'waiting')).map(({ data }) => Number(data));
		expect(new Set(numbers).size).toBe(matched);
		expect(numbers.every((n) => n % 2 === 1 && (n % 1_000) % 3 === 1)).toBe(true);
		expect((await b.engine.getTopics(['t']))[0]?.counts.cancelled).toBe(COUNT / 2 - matched);
	}, 180_000);
});
