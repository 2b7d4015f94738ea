import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { openDatabase } from '../../src/engine/sqlite/driver.ts';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import {
	examineAll,
	idsOf,
	pushJobs,
	pushMany,
	pushOne,
	settleEach,
	stateOf,
	take,
	takeAll,
} from '../conformance/kit.ts';
import { testClock } from '../support/clock.ts';
import { tempDir } from '../support/temp.ts';

/** A store on a file that can be closed, damaged by hand, and opened again. */
class Patient {
	readonly #path = join(tempDir(), 'jobs.db');
	readonly #clock = testClock();
	#engine: Engine | undefined;

	async open(): Promise<Engine> {
		const engine = new SqliteEngine({ path: this.#path, clock: this.#clock });
		this.#engine = engine;
		onTestFinished(() => engine.close());
		await engine.open();
		return engine;
	}

	async damage(...statements: string[]): Promise<Engine> {
		await this.#engine?.close();
		const db = await openDatabase(this.#path);
		for (const sql of statements) db.exec(sql);
		db.close();
		return await this.open();
	}
}

type Told = [code: string, target: string];

async function told(engine: Engine, repair: boolean, topic: string | null = 't'): Promise<Told[]> {
	const { defects } = await examineAll(engine, topic, { limit: 5, repair });
	expect(defects.every(({ repaired }) => repaired === repair)).toBe(true);
	return defects.map(({ code, target }) => [code, target]);
}

async function expectSeen(engine: Engine, expected: Told[]): Promise<void> {
	expect(await told(engine, false)).toEqual(expected);
	expect(await told(engine, true)).toEqual(expected);
	expect(await told(engine, false)).toEqual([]);
}

/** Sees what is expected and nothing else, mends it, sees nothing more, and runs what there is. */
async function expectMended(engine: Engine, expected: Told[], runs: string[]): Promise<void> {
	await expectSeen(engine, expected);
	await engine.promote();
	const ran: string[] = [];
	for (let jobs = await takeAll(engine, 't'); jobs.length > 0; jobs = await takeAll(engine, 't')) {
		ran.push(...idsOf(jobs));
		await settleEach(engine, jobs, 'complete');
		await engine.promote();
	}
	expect(ran.sort()).toEqual([...runs].sort());
	expect(await told(engine, false)).toEqual([]);
}

test('no_record: a job whose payload is gone stands in nobody’s way', async () => {
	const patient = new Patient();
	const ids = await pushMany(await patient.open(), 't', 3);
	const engine = await patient.damage('DELETE FROM payloads WHERE job = 1');
	await expectMended(engine, [['no_record', ids[0] ?? '']], ids.slice(1));
});

test('no_lane: a waiting job stands in no lane, in that of others, or outside of its own', async () => {
	const patient = new Patient();
	const ids = await pushJobs(await patient.open(), 't', [{}, {}, { group: 'x' }, { group: 'x' }, { group: 'y' }]);
	const engine = await patient.damage(
		'UPDATE jobs SET lane = NULL WHERE id = 1',
		"UPDATE lanes SET size = 1 WHERE name = ''",
		"UPDATE jobs SET lane = (SELECT id FROM lanes WHERE name = '=y') WHERE id = 3",
		"UPDATE lanes SET size = 1 WHERE name = '=x'",
		'UPDATE jobs SET pos = 1000 WHERE id = 5',
		"UPDATE lanes SET size = 2 WHERE name = '=y'",
	);
	await expectMended(
		engine,
		[ids[0], ids[2], ids[4]].map((id): Told => ['no_lane', id ?? '']),
		ids,
	);
});

test('no_lane: the lanes are gone', async () => {
	const patient = new Patient();
	const ids = await pushMany(await patient.open(), 't', 4, { priority: 7 });
	const engine = await patient.damage('DELETE FROM lanes');
	await expectMended(
		engine,
		ids.map((id): Told => ['no_lane', id]),
		ids,
	);
});

test('no_ring: a lane is held, and nothing holds its group', async () => {
	const patient = new Patient();
	const ids = await pushJobs(await patient.open(), 't', [{ group: 'x' }, {}]);
	const engine = await patient.damage('UPDATE lanes SET held = 1');
	await expectMended(
		engine,
		[
			['no_ring', 'lane 0'],
			['no_ring', 'lane 0:x'],
		],
		ids,
	);
});

test('empty_lane and count_differs: lanes that hold fewer or more jobs than they say', async () => {
	const patient = new Patient();
	const ids = await pushJobs(await patient.open(), 't', [{}, {}, { group: 'x' }]);
	const engine = await patient.damage(
		"UPDATE lanes SET size = 5 WHERE name = ''",
		`INSERT INTO lanes (id, topic, rank, name, time, held, low, high, size) VALUES (99, 1, -3, '=gone', 1, 0, 0, 1, 4)`,
	);
	await expectMended(
		engine,
		[
			['empty_lane', 'lane 3:gone'],
			['count_differs', 'lane 0'],
		],
		ids,
	);
});

test('count_differs: the counts and the bytes of a topic', async () => {
	const patient = new Patient();
	const before = await patient.open();
	await before.putTopic('t', { waitingBytes: 10_000 });
	const ids = await pushMany(before, 't', 3);
	await settleEach(before, await take(before, 't'), 'complete');
	const engine = await patient.damage(
		'UPDATE topics SET waiting = 7, completed = 0, unfinished_bytes = 1, finished_bytes = 2',
	);
	const names = ['waiting', 'completed', 'unfinishedBytes', 'finishedBytes'];
	await expectMended(
		engine,
		names.map((name): Told => ['count_differs', `count ${name}`]),
		ids.slice(1),
	);
});

test('no_slot and slot_without_job', async () => {
	const patient = new Patient();
	const before = await patient.open();
	await before.putTopic('t', { groups: { concurrency: 2 } });
	const ids = await pushMany(before, 't', 4, { group: 'x' });
	const jobs = await take(before, 't', { max: 2 });
	await take(before, 't');
	const engine = await patient.damage(
		'UPDATE jobs SET slot = NULL WHERE id = 1',
		'UPDATE jobs SET slot = 1 WHERE id = 4',
	);
	await expectSeen(engine, [
		['no_slot', ids[0] ?? ''],
		['slot_without_job', ids[3] ?? ''],
	]);
	await settleEach(engine, jobs, 'complete');
	expect(idsOf(await takeAll(engine, 't'))).toEqual(ids.slice(2));
});

const UNIQUE = { key: 'k', scope: 'unfinished', onConflict: 'queueBehind' } as const;

test('key_without_owner: the next in line has it', async () => {
	const patient = new Patient();
	const jobs = [{ unique: UNIQUE }, { unique: UNIQUE }, { unique: UNIQUE }, { unique: { ...UNIQUE, key: 'free' } }];
	const ids = await pushJobs(await patient.open(), 't', jobs);
	const engine = await patient.damage('UPDATE unique_keys SET holder = 12');
	await expectMended(
		engine,
		[
			['key_without_owner', 'key free'],
			['key_without_owner', 'key k'],
		],
		ids,
	);
});

test('never_due: a job waits for a key that nobody holds, stands in no line, or has no time', async () => {
	const patient = new Patient();
	const ids = await pushJobs(await patient.open(), 't', [
		{ unique: UNIQUE },
		{ unique: UNIQUE },
		{ unique: { ...UNIQUE, key: 'l' } },
		{ unique: { ...UNIQUE, key: 'l' } },
		{ delayMs: 1_000 },
	]);
	const engine = await patient.damage(
		"DELETE FROM unique_keys WHERE key = 'k'",
		"DELETE FROM followers WHERE key = 'l'",
		'UPDATE jobs SET at = NULL WHERE id = 5',
	);
	await expectMended(
		engine,
		[ids[1], ids[3], ids[4]].map((id): Told => ['never_due', id ?? '']),
		ids,
	);
});

test('never_due: the topic is looked at too late', async () => {
	const patient = new Patient();
	const before = await patient.open();
	const [soon = ''] = await pushJobs(before, 't', [{}, { delayMs: 1_000 }, { ttlMs: 5_000 }]);
	await take(before, 't');
	const engine = await patient.damage(
		'UPDATE topics SET next_promote = NULL, next_reclaim = next_reclaim + 1, next_expire = NULL',
	);
	await expectSeen(engine, [
		['never_due', 'sweep expire'],
		['never_due', 'sweep promote'],
		['never_due', 'sweep reclaim'],
	]);
	expect(await stateOf(engine, soon)).toBe('active');
});

test('stray_field: a place in line, history, and a payload, which stays', async () => {
	const patient = new Patient();
	const id = await pushOne(await patient.open(), 't', { unique: UNIQUE });
	const engine = await patient.damage(
		"INSERT INTO followers (topic, key, job, due) VALUES (1, 'k', 77, 5), (1, 'k', 1, 5)",
		"INSERT INTO history (job, n, kind, at, attempt) VALUES (88, 1, 'failed', 1, 1)",
		"INSERT INTO payloads (job, data) VALUES (99, '1')",
	);
	const strays = (await engine.examine({ topic: null, cursor: null, limit: 200, repair: true })).defects;
	expect(strays).toMatchObject([
		{ code: 'stray_field', target: 'row 99', repaired: false },
		{ code: 'stray_field', target: 'row 88', repaired: true },
	]);
	expect((await examineAll(engine, null)).defects).toMatchObject([{ target: 'row 99' }]);
	await expectMended(
		engine,
		[
			['stray_field', 'key k'],
			['stray_field', id],
		],
		[id],
	);
});

test('an unreadable cursor is refused', async () => {
	const engine = await new Patient().open();
	for (const cursor of ['x', Buffer.from('[99,0,0,""]').toString('base64url')]) {
		const step = engine.examine({ topic: 't', cursor, limit: 200, repair: false });
		await expect(step).rejects.toMatchObject({ code: 'INVALID' });
	}
});
