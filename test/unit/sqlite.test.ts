import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MillraceError } from '../../src/core/errors.ts';
import { JOB_STATES } from '../../src/core/job.ts';
import type { WorkHint } from '../../src/engine/engine.ts';
import { Committer, type Disk } from '../../src/engine/sqlite/commit.ts';
import { type Database, openDatabase } from '../../src/engine/sqlite/driver.ts';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { MIGRATIONS } from '../../src/engine/sqlite/migrations/index.ts';
import { Store } from '../../src/engine/sqlite/store.ts';
import { testClock } from '../support/clock.ts';
import { batch, newJob } from '../support/jobs.ts';
import { tempDir } from '../support/temp.ts';
import { until } from '../support/wait.ts';

async function memoryStore(wrap = (db: Database) => db): Promise<Store> {
	const db = await openDatabase(':memory:');
	for (const sql of MIGRATIONS) db.exec(sql);
	return new Store(wrap(db));
}

const codeOf = (error: unknown) => (error instanceof MillraceError ? error.code : error);

/** Runs what `use` does and returns every statement that was prepared meanwhile. */
async function statementsOf(use: (engine: SqliteEngine) => Promise<void>): Promise<string[]> {
	const { Sql } = await import('../../src/engine/sqlite/sql.ts');
	const seen = new Set<string>();
	const { run, all } = Sql.prototype;
	Sql.prototype.run = function (sql, params) {
		seen.add(sql);
		return run.call(this, sql, params);
	};
	Sql.prototype.all = function (sql, params) {
		seen.add(sql);
		return all.call(this, sql, params) as never;
	};
	const engine = new SqliteEngine({ path: ':memory:' });
	try {
		await engine.open();
		await use(engine);
	} finally {
		Object.assign(Sql.prototype, { run, all });
		await engine.close();
	}
	return [...seen];
}

/** Groups with limits, rates and pauses; keys, time limits and budgets; what cancels, promotes and explains. */
async function useFlowControl(engine: SqliteEngine): Promise<void> {
	const lease = { topics: ['f'], leaseMs: 60_000, worker: 'w', marks: true };
	const takeAll = () => engine.take({ ...lease, max: 100 });
	await engine.putTopic('f', {
		concurrency: 50,
		groups: { concurrency: 3, rate: { limit: 2, perMs: 1 } },
		waitingBytes: 100_000,
		finishedBytes: 5,
	});
	await engine.push([batch('f', 20, { group: 'g', ttlMs: 60_000, retryForMs: 1, timeoutMs: 5 })]);
	const unique = { key: 'u', scope: { windowMs: 1 } } as const;
	for (const onConflict of ['keep', 'replace', 'queueBehind', 'debounce', 'cancelAndReplace'] as const) {
		await engine.push([batch('f', 2, { unique: { ...unique, onConflict } })]);
	}
	const waiting = { key: 'v', scope: 'waiting', onConflict: 'queueBehind' } as const;
	const debounce = { ...waiting, onConflict: 'debounce' } as const;
	await engine.push([batch('f', 2, { unique: waiting }), batch('f', 1, { unique: debounce, delayMs: 50 })]);
	const first = await takeAll();
	await engine.push([batch('f', 2, { unique: debounce })]);
	await engine.explainJobs(first.map(({ id }) => id));
	await engine.extend(
		first.map(({ id, token }) => ({ id, token, started: true, progress: newJob().data })),
		60_000,
	);
	await engine.settle(
		first.map(({ id, token }, n) => ({ id, token, outcome: n % 2 > 0 ? 'retry' : 'complete', parkMs: n })),
	);
	await takeAll();
	await engine.pauseGroup('f', 'g', true, Date.now() + 1);
	await takeAll();
	await new Promise((resolve) => setTimeout(resolve, 10));
	await engine.promote();
	await engine.reclaim();
	const again = await takeAll();
	await engine.push([batch('f', 3, { group: 'h', priority: 1 }), batch('f', 1, { ttlMs: 1 })]);
	const lists = await Promise.all(
		(['waiting', 'delayed', 'active', 'cancelled'] as const).map((state) => {
			return engine.listJobs({ topic: 'f', state, cursor: null, limit: 5 });
		}),
	);
	const ids = lists.flatMap(({ jobs }) => jobs.map(({ id }) => id));
	await engine.putTopic('f', { concurrency: 1, groups: { concurrency: 1 } });
	await engine.explainJobs(ids);
	await engine.promoteJobs(ids);
	await engine.cancelJobs(ids.slice(0, 6), { actor: 'a', reason: 'r' });
	await engine.retryJobs(ids.slice(0, 6));
	for (let n = 0; n < 12; n++) {
		await engine.cancelJobs(ids.slice(0, 2), { actor: null, reason: null });
		await engine.retryJobs(ids.slice(0, 2));
	}
	await engine.getJobs([...ids, ...again.map(({ id }) => id)]);
	await engine.putGroup('f', 'g', { weight: 3, concurrency: 1 });
	await engine.getGroups('f', ['g', 'h']);
	const { nextCursor } = await engine.listGroups({ topic: 'f', cursor: null, limit: 1 });
	await engine.listGroups({ topic: 'f', cursor: nextCursor, limit: 1 });
	await engine.prune();
	await engine.deleteJobs(ids);
}

async function useEveryVerb(engine: SqliteEngine): Promise<void> {
	await useFlowControl(engine);
	const idempotency = { key: 'k', fingerprint: 'f' };
	await engine.putTopic('t', { completed: { count: 2, ageMs: 0 }, dead: { count: 2, ageMs: 0 } });
	await engine.push([{ ...batch('t', 40), idempotency }, batch('t', 5, { group: 'g', delayMs: 1 })]);
	for (const outcome of ['complete', 'retry', 'kill', 'release'] as const) {
		const jobs = await engine.take({ topics: ['t'], max: 5, leaseMs: 60_000, requestId: outcome });
		await engine.take({ topics: ['t'], max: 5, leaseMs: 60_000, requestId: outcome });
		await engine.extend(jobs, 60_000);
		await engine.settle(
			jobs.map(({ id, token }) => ({ id, token, outcome, error: newJob().data, result: newJob().data })),
		);
	}
	for (const state of JOB_STATES) {
		const query = { topic: 't', state, limit: 1 };
		const { nextCursor } = await engine.listJobs({ ...query, cursor: null });
		if (nextCursor !== null) await engine.listJobs({ ...query, cursor: nextCursor });
	}
	const { topics } = await engine.listTopics({ cursor: null, limit: 10 });
	await engine.getTopics(topics.map(({ topic }) => topic));
	const waiting = await engine.listJobs({ topic: 't', state: 'waiting', cursor: null, limit: 3 });
	await engine.getJobs(waiting.jobs.map(({ id }) => id));
	await engine.deleteJobs(waiting.jobs.map(({ id }) => id));
	const dead = await engine.listJobs({ topic: 't', state: 'dead', cursor: null, limit: 3 });
	await engine.retryJobs(dead.jobs.map(({ id }) => id));
	await engine.promote();
	await engine.reclaim();
	await engine.prune();
}

describe('statements', () => {
	test('none of any verb scans a table or sorts', async () => {
		const statements = (await statementsOf(useEveryVerb)).filter(
			(sql) => !sql.startsWith('INSERT') && sql !== 'SELECT 1',
		);
		expect(statements.length).toBeGreaterThan(90);
		const store = await memoryStore();
		const plans = statements.map((sql) => {
			const rows = store.sql.all<{ detail: string }>(
				`EXPLAIN QUERY PLAN ${sql}`,
				Array(sql.split('?').length - 1).fill(null),
			);
			return { sql, steps: rows.map(({ detail }) => detail) };
		});
		// What may be scanned: the call's own list (k, v, json_each), one with a LIMIT of its own (l), an index for its first row.
		const bounded = /^SCAN (k|v|json_each|l)\b|^SCAN topics USING (COVERING )?INDEX topics_/;
		const isBad = (step: string) => (step.startsWith('SCAN') && !bounded.test(step)) || step.includes('TEMP B-TREE');
		expect(plans.filter(({ steps }) => steps.some(isBad))).toEqual([]);
	});
});

describe('opening', () => {
	const refusal = async (path: string) => {
		const engine = new SqliteEngine({ path });
		const error = await engine.open().then(
			() => engine.close(),
			(reason: unknown) => reason,
		);
		return error instanceof MillraceError ? `${error.code}: ${error.message}` : error;
	};

	test('refuses a second engine on the file until the first one closes', async () => {
		const path = join(tempDir(), 'jobs.db');
		const engine = new SqliteEngine({ path });
		await engine.open();
		expect(await refusal(path)).toMatch(/^STORE_REFUSED: jobs\.db is in use by another process; /);
		await engine.close();
		expect(await refusal(path)).toBeUndefined();
	});

	test('refuses what is no file, no database, or of another program', async () => {
		const dir = tempDir();
		writeFileSync(join(dir, 'text'), 'no database, '.repeat(100));
		const foreign = await openDatabase(join(dir, 'foreign.db'));
		foreign.exec('CREATE TABLE other (x)');
		foreign.close();
		expect(await refusal(dir)).toMatch(/^STORE_REFUSED: .* cannot be opened/);
		expect(await refusal(join(dir, 'none', 'jobs.db'))).toMatch(/^STORE_REFUSED: .* cannot be opened/);
		expect(await refusal(join(dir, 'text'))).toMatch(/^STORE_REFUSED: .* cannot be used as a store/);
		expect(await refusal(join(dir, 'foreign.db'))).toMatch(/^STORE_REFUSED: .* of another program/);
	});

	test('refuses a newer schema', async () => {
		const path = join(tempDir(), 'jobs.db');
		expect(await refusal(path)).toBeUndefined();
		const db = await openDatabase(path);
		db.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
		db.close();
		expect(await refusal(path)).toMatch(/^STORE_REFUSED: .* use the newer Millrace/);
	});
});

describe('group commit', () => {
	const options = { clock: Date.now, deadlineMs: 4_000 };

	/** A database that counts COMMITs, and fails the next one when told so. */
	function countingCommits(): { wrap: (db: Database) => Database; commits: number; failure: Error | undefined } {
		const counter = {
			commits: 0,
			failure: undefined as Error | undefined,
			wrap: (db: Database): Database => ({
				...db,
				exec(sql) {
					if (sql === 'COMMIT') {
						counter.commits++;
						const { failure } = counter;
						counter.failure = undefined;
						if (failure !== undefined) throw failure;
					}
					db.exec(sql);
				},
			}),
		};
		return counter;
	}

	const addTopic = (name: string) => (store: Store) => store.topics.findOrMake(name).name;

	test('calls of one turn share a transaction', async () => {
		const counter = countingCommits();
		const store = await memoryStore(counter.wrap);
		const committer = new Committer(store, { ...options, disk: undefined });
		// Few enough for the time that one transaction may take, also on a busy machine.
		const names = Array.from({ length: 10 }, (_, n) => `t${n}`);
		expect(await Promise.all(names.map((name) => committer.run(addTopic(name))))).toEqual(names);
		expect(counter.commits).toBe(1);
	});

	test('a call that fails fails alone', async () => {
		const store = await memoryStore();
		const committer = new Committer(store, { ...options, disk: undefined });
		const bad = (inner: Store) => {
			addTopic('gone')(inner);
			throw new MillraceError('INVALID', 'no');
		};
		const results = await Promise.allSettled([
			committer.run(addTopic('a')),
			committer.run(bad),
			committer.run(addTopic('b')),
		]);
		expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
		const rows = store.sql.all<{ name: string }>('SELECT name FROM topics ORDER BY name');
		expect(rows.map(({ name }) => name)).toEqual(['a', 'b']);
	});

	test('a COMMIT that fails says what is known: full is undone, an I/O error is not', async () => {
		const counter = countingCommits();
		const committer = new Committer(await memoryStore(counter.wrap), { ...options, disk: undefined });
		const failWith = (rawCode: number) => {
			counter.failure = Object.assign(new Error('failed'), { rawCode });
			return committer.run(addTopic('a')).then(() => 'done', codeOf);
		};
		expect(await failWith(13)).toBe('STORE_FULL');
		expect(await failWith(10 | (4 << 8))).toBe('AMBIGUOUS');
		expect(await committer.run(addTopic('a'))).toBe('a');
	});

	/** A disk whose syncs end when the test says so. */
	function slowDisk() {
		const disk = {
			syncs: [] as { resolve: () => void; reject: (error: Error) => void }[],
			reopened: 0,
			brokenFor: 0,
			sync: () => new Promise<void>((resolve, reject) => void disk.syncs.push({ resolve, reject })),
			async reopen() {
				disk.reopened++;
				if (disk.brokenFor-- > 0) throw Object.assign(new Error('disk I/O error'), { rawCode: 10 });
				return memoryStore();
			},
		} satisfies Disk & Record<string, unknown>;
		return disk;
	}

	test('no call is answered, and no later one runs, before the sync has ended', async () => {
		const disk = slowDisk();
		const committer = new Committer(await memoryStore(), { ...options, disk });
		const log: string[] = [];
		const first = committer.run(addTopic('a')).then(() => log.push('first answered'));
		await until(() => disk.syncs.length === 1);
		const second = committer.run(() => log.push('second ran'));
		// A transaction begins in the turn after its call, if nothing holds it back.
		for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
		expect(log).toEqual([]);
		disk.syncs[0]?.resolve();
		await Promise.all([first, second]);
		expect(log).toEqual(['first answered', 'second ran']);
	});

	test('after a failed sync, nothing is done until the store is opened anew', async () => {
		const disk = slowDisk();
		disk.brokenFor = 1;
		const committer = new Committer(await memoryStore(), { ...options, disk });
		const first = committer.run(addTopic('a')).then(() => 'done', codeOf);
		await until(() => disk.syncs.length === 1);
		disk.syncs[0]?.reject(new Error('EIO'));
		expect(await first).toBe('AMBIGUOUS');
		expect(await committer.run(addTopic('b')).then(() => 'done', codeOf)).toBe('UNAVAILABLE');
		const third = committer.run(addTopic('c'));
		await until(() => disk.syncs.length === 2);
		disk.syncs[1]?.resolve();
		expect(await third).toBe('c');
		expect(disk.reopened).toBe(2);
	});

	test('calls end within the deadline while the disk is stuck', async () => {
		const disk = slowDisk();
		const committer = new Committer(await memoryStore(), { ...options, deadlineMs: 160, disk });
		const first = committer.run(addTopic('a')).then(() => 'done', codeOf);
		await until(() => disk.syncs.length === 1);
		const second = committer.run(addTopic('b')).then(() => 'done', codeOf);
		expect(await Promise.all([first, second])).toEqual(['AMBIGUOUS', 'UNAVAILABLE']);
		disk.syncs[0]?.resolve();
		await committer.finish();
	});
});

describe('hints', () => {
	test('tell of work that appears and of due times that come nearer, once each', async () => {
		const engine = new SqliteEngine({ path: ':memory:', clock: testClock() });
		await engine.open();
		const hints: WorkHint[] = [];
		engine.onWork((hint) => hints.push(hint));
		const heard = async () => {
			await new Promise((resolve) => setTimeout(resolve, 5));
			return hints.splice(0).map(({ topic, inMs }) => `${topic} ${inMs}`);
		};
		await engine.push([batch('t', 2)]);
		expect(await heard()).toEqual(['t 0']);
		await engine.push([batch('t', 1)]);
		expect(await heard()).toEqual([]);
		const [job] = await engine.take({ topics: ['t'], max: 3, leaseMs: 5_000 });
		expect(await heard()).toEqual(['t 5000']);
		await engine.push([batch('t', 1, { delayMs: 700 }), batch('t', 1, { delayMs: 900 })]);
		expect(await heard()).toEqual(['t 700']);
		await engine.settle([{ id: job?.id ?? '', token: 1, outcome: 'release' }]);
		expect(await heard()).toEqual(['t 0']);
		await engine.pauseTopic('t', true);
		expect(await heard()).toEqual([]);
		await engine.pauseTopic('t', false);
		expect(await heard()).toEqual(['t 0']);
		await engine.close();
	});
});

test('numbers grow and nothing is lost when the clock goes back', async () => {
	const clock = testClock();
	const engine = new SqliteEngine({ path: ':memory:', clock });
	await engine.open();
	await engine.push([batch('t', 3)]);
	clock.advance(-60_000);
	await engine.push([batch('t', 3)]);
	const jobs = await engine.take({ topics: ['t'], max: 10, leaseMs: 1_000 });
	const numbers = jobs.map(({ id }) => Number(id.split(':')[1]));
	expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
	expect(new Set(numbers).size).toBe(6);
	const [topic] = await engine.getTopics(['t']);
	expect(topic?.counts).toMatchObject({ waiting: 0, active: 6 });
	await engine.close();
});
