import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { JOB_STATES } from '../../src/core/job.ts';
import { toRawJson } from '../../src/core/json.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openDatabase } from '../../src/engine/sqlite/driver.ts';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { MIGRATIONS } from '../../src/engine/sqlite/migrations/index.ts';
import { getJob, idsOf, listAll, pushOne, settle, take, takeAll, takeOne } from '../conformance/kit.ts';
import { START, type TestClock, testClock } from '../support/clock.ts';
import { tempDir } from '../support/temp.ts';

const APPLICATION_ID = 0x4d696c6c;
const MINUTE = 60_000;

/** Jobs of topic `t` as schema 2 had them: number, state, at, lane, pos, token, used, group, and why it is dead. */
const JOBS: [
	number,
	number,
	number | null,
	number | null,
	number | null,
	number,
	number,
	string | null,
	string | null,
][] = [
	[START, 0, null, 1, 1, 0, 0, null, null],
	[START + 1, 0, null, 1, 2, 1, 1, null, null],
	[START + 2, 0, null, 2, 1, 0, 0, 'x', null],
	[START + 3, 0, null, 2, 2, 0, 0, 'x', null],
	[START + 4, 0, null, 3, 1, 0, 0, 'y', null],
	[START + 5, 1, START + MINUTE, null, null, 0, 0, 'y', null],
	[START + 6, 2, START + MINUTE, null, null, 1, 0, 'x', null],
	[START + 7, 2, START + 2 * MINUTE, null, null, 2, 1, null, null],
	[START + 8, 3, START, null, null, 1, 1, null, null],
	[START + 9, 4, START, null, null, 3, 3, 'x', 'failed'],
];

/** What a Millrace of schema 2 left behind when it was closed. */
async function writeSchema2(path: string): Promise<void> {
	const db = await openDatabase(path);
	for (const sql of MIGRATIONS.slice(0, 2)) db.exec(sql);
	db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 2`);
	db.prepare(`INSERT INTO topics (id, name, paused, settings, last_number, last_turn, waiting, delayed, active, completed, dead,
		next_promote, next_reclaim, next_prune) VALUES (1, 't', 0, ?, ?, 9, 5, 1, 2, 1, 1, ?, ?, ?)`).run([
		JSON.stringify({ maxAttempts: 7 }),
		START + 9,
		...[START + MINUTE, START + MINUTE, START + 60 * MINUTE],
	]);
	// The lane of x has its turn first, then the one without a group, then y.
	const lane = db.prepare(
		'INSERT INTO lanes (id, topic, rank, name, turn, low, high, size) VALUES (?, 1, 0, ?, ?, 0, ?, ?)',
	);
	lane.run([1, '', 7, 3, 2]);
	lane.run([2, '=x', 5, 3, 2]);
	lane.run([3, '=y', 9, 2, 1]);
	const job =
		db.prepare(`INSERT INTO jobs (id, topic, number, state, at, lane, pos, token, used, max_attempts, priority, grp, created_at,
		reason, result, error, progress) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, 3, 0, ?, ?, ?, ?, ?, ?)`);
	const payload = db.prepare('INSERT INTO payloads (job, data) VALUES (?, ?)');
	for (const [index, [number, state, at, where, pos, token, used, group, reason]] of JOBS.entries()) {
		const texts = [state === 3 ? '"done"' : null, used > 0 && state !== 3 ? '"boom"' : null, state === 2 ? '50' : null];
		job.run([index + 1, number, state, at, where, pos, token, used, group, START, reason, ...texts]);
		payload.run([index + 1, JSON.stringify({ n: index })]);
	}
	db.prepare("INSERT INTO memories VALUES (1, 'push', 'k', 'f', ?, ?)").run([JSON.stringify([START]), START + MINUTE]);
	db.close();
}

async function migrated(): Promise<{ engine: Engine; clock: TestClock; reopen: () => Promise<Engine> }> {
	const path = join(tempDir(), 'jobs.db');
	await writeSchema2(path);
	const clock = testClock(START + 1_000);
	let engine = new SqliteEngine({ path, clock });
	onTestFinished(() => engine.close());
	await engine.open();
	const reopen = async () => {
		await engine.close();
		engine = new SqliteEngine({ path, clock });
		await engine.open();
		return engine;
	};
	return { engine, clock, reopen };
}

const id = (n: number) => `t:${START + n}`;

test('a file of schema 2 shows the jobs that it held, with nothing of what they could not have', async () => {
	const { engine } = await migrated();
	const lists = await Promise.all(JOB_STATES.map((state) => listAll(engine, 't', state)));
	expect(lists.map(idsOf)).toEqual([[0, 1, 2, 3, 4], [5], [6, 7], [8], [9], []].map((list) => list.map(id)));
	const none = { worker: null, history: [], crashes: 0, releases: 0 };
	expect(await getJob(engine, id(1))).toMatchObject({
		...none,
		attempt: 1,
		token: 1,
		error: '"boom"',
		data: '{"n":1}',
	});
	expect(await getJob(engine, id(5))).toMatchObject({ ...none, runAt: START + MINUTE });
	expect(await getJob(engine, id(7))).toMatchObject({ ...none, attempt: 2, progress: '50' });
	expect(await getJob(engine, id(8))).toMatchObject({ ...none, finishedAt: START, result: '"done"' });
	expect(await getJob(engine, id(9))).toMatchObject({ ...none, reason: 'failed', finishedAt: START });
	const [topic] = await engine.getTopics(['t']);
	expect(topic).toMatchObject({ paused: false, pausedUntil: null, settings: { maxAttempts: 7 } });
	expect(topic?.counts).toEqual({ waiting: 5, delayed: 1, active: 2, completed: 1, dead: 1, cancelled: 0 });
});

test('its lanes keep their turns', async () => {
	const { engine } = await migrated();
	expect(idsOf(await takeAll(engine, 't'))).toEqual([2, 0, 4, 3, 1].map(id));
});

test('its active jobs use the slots of their groups, and free them', async () => {
	const { engine } = await migrated();
	await engine.putTopic('t', { groups: { concurrency: 1 } });
	expect(await engine.getGroups('t', ['x', 'y'])).toMatchObject([
		{ active: 1, waiting: 2 },
		{ active: 0, waiting: 1 },
	]);
	expect(idsOf(await takeAll(engine, 't'))).toEqual([0, 4, 1].map(id));
	expect(await settle(engine, { id: id(6), token: 1 }, 'complete')).toMatchObject({ status: 'ok' });
	expect(idsOf(await takeAll(engine, 't'))).toEqual([2].map(id));
});

test('it goes on as any other: jobs fall due, leases end, deliveries end, dead jobs are retried', async () => {
	const { engine, clock, reopen } = await migrated();
	expect(await engine.push([{ topic: 't', jobs: [], idempotency: { key: 'k', fingerprint: 'f' } }])).toEqual([
		{ status: 'duplicate', ids: [id(0)] },
	]);
	expect(await settle(engine, { id: id(7), token: 2 }, 'retry', { error: toRawJson('again') })).toMatchObject({
		state: 'waiting',
	});
	expect(await engine.retryJobs([id(9)])).toEqual([{ status: 'ok' }]);
	expect(await engine.cancelJobs([id(4)], { actor: 'ada', reason: null })).toEqual([{ status: 'ok' }]);
	clock.advance(2 * MINUTE);
	expect(await engine.promote()).toMatchObject({ count: 1 });
	expect(await engine.reclaim()).toMatchObject({ count: 1 });
	const again = await reopen();
	expect(idsOf(await takeAll(again, 't')).sort()).toEqual([0, 1, 2, 3, 5, 6, 7, 9].map(id));
	expect((await getJob(again, id(7))).history).toMatchObject([{ kind: 'failed', attempt: 2, error: '"again"' }]);
	expect((await getJob(again, id(6))).history).toMatchObject([{ kind: 'crashed', attempt: 1 }]);
	expect(await getJob(again, id(4))).toMatchObject({ state: 'cancelled', history: [{ by: 'ada' }] });
});

test('new jobs of it have terms', async () => {
	const { engine, clock } = await migrated();
	await takeAll(engine, 't');
	const unique = { key: 'u', scope: 'unfinished', onConflict: 'queueBehind' } as const;
	const first = await pushOne(engine, 't', { unique, timeoutMs: 5_000 });
	const second = await pushOne(engine, 't', { unique });
	expect((await takeOne(engine, 't')).id).toBe(first);
	expect(await take(engine, 't')).toEqual([]);
	clock.advance(5_000);
	await engine.reclaim();
	await settle(engine, await takeOne(engine, 't'), 'complete');
	expect((await takeOne(engine, 't')).id).toBe(second);
});
