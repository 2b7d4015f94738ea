import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import type { Engine, WorkHint } from '../../src/engine/engine.ts';
import { openDatabase } from '../../src/engine/sqlite/driver.ts';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { idsOf, LEASE_MS, pushMany, pushOne, settle, sweepAll, take, takeAll, takeOne } from '../conformance/kit.ts';
import { type TestClock, testClock } from '../support/clock.ts';
import { newJob } from '../support/jobs.ts';
import { tempDir } from '../support/temp.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

async function opened(path = ':memory:'): Promise<{ engine: SqliteEngine; clock: TestClock }> {
	const clock = testClock();
	const engine = new SqliteEngine({ path, clock });
	onTestFinished(() => engine.close());
	await engine.open();
	return { engine, clock };
}

/** One job for each of so many groups. */
async function pushToGroups(engine: Engine, count: number): Promise<void> {
	for (let from = 0; from < count; from += LIMITS.batch) {
		const length = Math.min(LIMITS.batch, count - from);
		const jobs = Array.from({ length }, (_, n) => newJob({ group: `g${String(from + n).padStart(4, '0')}` }));
		await engine.push([{ topic: 't', jobs }]);
	}
}

/** Whether the call is followed by a hint at work. */
async function hints(engine: Engine, call: () => Promise<unknown>): Promise<boolean> {
	const heard: WorkHint[] = [];
	const leave = engine.onWork((hint) => heard.push(hint));
	await call();
	await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
	leave();
	return heard.some(({ inMs }) => inMs === 0);
}

/** Whether a take that gets nothing asks to be made again. */
const wantsMore = (engine: Engine) => hints(engine, async () => expect(await take(engine, 't')).toEqual([]));

test('a take passes over a bounded number of blocked lanes, and asks whoever waits to take once more', async () => {
	const { engine } = await opened();
	await engine.putTopic('t', { groups: { rate: { limit: 1, perMs: HOUR } } });
	await pushToGroups(engine, 2_500);
	expect(await takeAll(engine, 't')).toHaveLength(2_500);
	await pushToGroups(engine, 2_500);
	expect([await wantsMore(engine), await wantsMore(engine), await wantsMore(engine)]).toEqual([true, true, false]);
	const last = await pushOne(engine, 't', { priority: -1 });
	expect(idsOf(await take(engine, 't'))).toEqual([last]);
});

test('new settings let every held lane go back, a bounded number at once', async () => {
	const { engine } = await opened();
	await engine.putTopic('t', { groups: { rate: { limit: 1, perMs: HOUR } } });
	await pushToGroups(engine, 2_500);
	await takeAll(engine, 't');
	await pushToGroups(engine, 2_500);
	// The last group of the first step has two lanes.
	await pushMany(engine, 't', 2, { group: 'g0999', priority: -3 });
	for (let n = 0; n < 4; n++) expect(await take(engine, 't')).toEqual([]);
	expect(await hints(engine, () => engine.putTopic('t', { groups: null }))).toBe(true);
	// A take has those of the first step, and lets the next ones go back; a sweep does so too.
	expect(await take(engine, 't', { max: 1_000 })).toHaveLength(1_000);
	expect(await engine.promote()).toMatchObject({ count: 0, more: false });
	expect(await takeAll(engine, 't')).toHaveLength(1_502);
});

test('jobs that are too late to start are never delivered, however many they are', async () => {
	const { engine, clock } = await opened();
	for (let n = 0; n < 3; n++) await pushMany(engine, 't', 900, { ttlMs: 1_000 });
	const fresh = await pushOne(engine, 't');
	clock.advance(1_000);
	expect([await wantsMore(engine), await wantsMore(engine)]).toEqual([true, true]);
	expect(idsOf(await take(engine, 't', { max: 10 }))).toEqual([fresh]);
	const [topic] = await engine.getTopics(['t']);
	expect(topic?.counts).toMatchObject({ waiting: 0, dead: 2_700, active: 1 });
});

test('a promote ends a bounded number of them, and says that more remain', async () => {
	const { engine, clock } = await opened();
	const most = LIMITS.sweep * 0.75;
	await pushMany(engine, 'a', most, { ttlMs: 1_000 });
	await pushMany(engine, 'b', most, { ttlMs: 1_000, delayMs: 1_000 });
	clock.advance(2_000);
	expect(await sweepAll(() => engine.promote())).toEqual([LIMITS.sweep, LIMITS.sweep / 2]);
});

/** The rows of a table after the engine has let go of the file. */
async function rowsOf(engine: Engine, path: string, table: string): Promise<number> {
	await engine.close();
	const db = await openDatabase(path);
	const [row] = db.prepare(`SELECT count(*) AS count FROM ${table}`).all([]);
	db.close();
	return Number(row?.count);
}

test('groups that say nothing any more are forgotten, those with rules are not', async () => {
	const path = join(tempDir(), 'jobs.db');
	const { engine, clock } = await opened(path);
	await engine.putTopic('t', { groups: { rate: { limit: 5, perMs: HOUR } } });
	await pushToGroups(engine, 300);
	for (const job of await takeAll(engine, 't')) await settle(engine, job, 'complete', { parkMs: 1_000 });
	await engine.putGroup('t', 'settled', { weight: 2 });
	await engine.pauseGroup('t', 'paused', true);
	await engine.pauseGroup('t', 'over', true, clock() + 5);
	clock.advance(DAY + HOUR);
	await engine.promote();
	for (let n = 0; n <= 300 / LIMITS.sweep; n++) await engine.prune();
	expect(await engine.listGroups({ topic: 't', cursor: null, limit: 10 })).toMatchObject({
		groups: [{ group: 'paused' }, { group: 'settled' }],
		nextCursor: null,
	});
	expect(await rowsOf(engine, path, 'groups')).toBe(2);
});

test('a group whose lanes wait for their time is kept until then', async () => {
	const path = join(tempDir(), 'jobs.db');
	const { engine, clock } = await opened(path);
	const id = await pushOne(engine, 't', { group: 'g' });
	await engine.pauseGroup('t', 'g', true, clock() + HOUR);
	expect(await take(engine, 't')).toEqual([]);
	clock.advance(2 * DAY);
	await engine.prune();
	expect(idsOf(await take(engine, 't'))).toEqual([id]);
});

test('windows of unique keys that are over are forgotten, keys that are held are not', async () => {
	const path = join(tempDir(), 'jobs.db');
	const { engine, clock } = await opened(path);
	const window = { scope: { windowMs: 1_000 }, onConflict: 'keep' } as const;
	const jobs = Array.from({ length: 300 }, (_, n) => newJob({ unique: { key: `k${n}`, ...window } }));
	await engine.push([{ topic: 't', jobs }]);
	await pushOne(engine, 't', { unique: { key: 'held', scope: 'unfinished', onConflict: 'keep' } });
	for (const job of await takeAll(engine, 't', { leaseMs: LEASE_MS })) {
		if (job.id !== undefined) await settle(engine, job, 'complete');
	}
	await pushOne(engine, 't', { unique: { key: 'held', scope: 'unfinished', onConflict: 'keep' } });
	clock.advance(HOUR);
	for (let n = 0; n < 3; n++) await engine.prune();
	expect(await rowsOf(engine, path, 'unique_keys')).toBe(1);
});

test('a history goes with its job', async () => {
	const path = join(tempDir(), 'jobs.db');
	const { engine } = await opened(path);
	await engine.putTopic('t', { dead: { count: 1, ageMs: DAY } });
	await pushMany(engine, 't', 5, { maxAttempts: 1 });
	const jobs = await takeAll(engine, 't');
	for (const job of jobs) await settle(engine, job, 'retry');
	await pushOne(engine, 't');
	const kept = await takeOne(engine, 't');
	await settle(engine, kept, 'release');
	await engine.cancelJobs([kept.id], { actor: null, reason: null });
	await engine.deleteJobs([kept.id]);
	expect(await rowsOf(engine, path, 'history')).toBe(1);
});
