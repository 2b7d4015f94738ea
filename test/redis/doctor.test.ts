import { createClient } from 'redis';
import { expect, inject, onTestFinished, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
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
import { randomPrefix } from '../support/prefix.ts';

interface Patient {
	engine: Engine;
	/** Runs one command; a first argument behind it that begins with a colon is a key of topic `t`. */
	raw: (command: string, key: string, ...args: string[]) => Promise<unknown>;
}

async function patient(): Promise<Patient> {
	const prefix = randomPrefix();
	const clock = testClock();
	const engine = new RedisEngine({ url: inject('redisUrl'), prefix, clock });
	const client = createClient({ url: inject('redisUrl') });
	onTestFinished(async () => {
		client.destroy();
		await engine.close();
	});
	await Promise.all([engine.open(), client.connect()]);
	const raw: Patient['raw'] = (command, key, ...args) => {
		return client.sendCommand([command, `${prefix}:{t/0}:${key}`, ...args]);
	};
	return { engine, raw };
}

function numberOf(id: string | undefined): string {
	return id?.split(':')[1] ?? '';
}

/** Of such a job nothing is kept beside the record. */
const PLAIN = { maxAttempts: 4 };

type Told = [code: string, target: string];

/** Sees what is expected and nothing else, mends it, sees nothing more, and runs what there is. */
async function expectMended(engine: Engine, expected: Told[], runs: string[]): Promise<void> {
	const told = async (repair: boolean) => {
		const { defects } = await examineAll(engine, 't', { limit: 5, repair });
		expect(defects.every(({ repaired }) => repaired === repair)).toBe(true);
		return defects.map(({ code, target }): Told => [code, target]);
	};
	expect(await told(false)).toEqual(expected);
	expect(await told(true)).toEqual(expected);
	expect(await told(false)).toEqual([]);
	await engine.promote();
	const ran: string[] = [];
	for (let jobs = await takeAll(engine, 't'); jobs.length > 0; jobs = await takeAll(engine, 't')) {
		ran.push(...idsOf(jobs));
		await settleEach(engine, jobs, 'complete');
		await engine.promote();
	}
	expect(ran.sort()).toEqual([...runs].sort());
	expect(await told(false)).toEqual([]);
}

test('no_record: a lane names a job that has no record', async () => {
	const { engine, raw } = await patient();
	const [first = '', second = '', third = ''] = await pushMany(engine, 't', 3, PLAIN);
	await raw('HDEL', 'jobs', numberOf(second));
	await expectMended(engine, [['no_record', second]], [first, third]);
});

test('no_record: a lane of nothing else', async () => {
	const { engine, raw } = await patient();
	const ids = await pushMany(engine, 't', 2, PLAIN);
	await raw('DEL', 'jobs');
	await expectMended(
		engine,
		ids.map((id): Told => ['no_record', id]),
		[],
	);
	expect(await raw('EXISTS', 'w:0')).toBe(0);
	expect(await raw('EXISTS', 'prios')).toBe(0);
});

test.each(['active', 'delayed', 'completed', 'dead', 'cancelled'])('no_record: %s names one', async (state) => {
	const { engine, raw } = await patient();
	const id = await pushOne(engine, 't');
	await raw('ZADD', state, '1700000000001', '1234');
	await expectMended(engine, [['no_record', 't:1234']], [id]);
});

test('two_states: what is still to be done stays', async () => {
	const { engine, raw } = await patient();
	const [id = '', other = ''] = await pushJobs(engine, 't', [{ delayMs: 1_000 }, {}]);
	await raw('ZADD', 'delayed', '1', numberOf(id));
	await raw('ZADD', 'completed', '1700000000000', numberOf(id));
	await expectMended(engine, [['two_states', id]], [id, other]);
});

test('two_states: a finished job stands in a lane too', async () => {
	const { engine, raw } = await patient();
	const [id = ''] = await pushMany(engine, 't', 1);
	await settleEach(engine, await take(engine, 't'), 'complete');
	const [other = '', last = ''] = await pushMany(engine, 't', 2);
	await raw('RPUSH', 'w:0', numberOf(id));
	await expectMended(engine, [['two_states', id]], [other, last]);
});

test('two_states: a job stands twice in its lane', async () => {
	const { engine, raw } = await patient();
	const ids = await pushMany(engine, 't', 3);
	await raw('RPUSH', 'w:0', numberOf(ids[1]));
	await expectMended(engine, [['two_states', ids[1] ?? '']], ids);
});

test('no_lane: a waiting job stands nowhere', async () => {
	const { engine, raw } = await patient();
	const ids = await pushMany(engine, 't', 40);
	await raw('LREM', 'w:0', '0', numberOf(ids[17]));
	await raw('LREM', 'w:0', '0', numberOf(ids[39]));
	const lost = [ids[17], ids[39]].map((id): Told => ['no_lane', id ?? '']);
	await expectMended(engine, lost, ids);
});

test('no_lane: the lane is gone with its ring', async () => {
	const { engine, raw } = await patient();
	const ids = await pushMany(engine, 't', 2, { group: 'x', priority: 3 });
	for (const key of ['w:3:x', 'ring:3', 'prios', 'grouped']) await raw('DEL', key);
	await expectMended(
		engine,
		ids.map((id): Told => ['no_lane', id]),
		ids,
	);
});

test('no_lane: a job stands in the lane of another group', async () => {
	const { engine, raw } = await patient();
	const ids = await pushJobs(engine, 't', [{ group: 'x' }, { group: 'y' }, { group: 'x' }]);
	await raw('LREM', 'w:0:x', '0', numberOf(ids[0]));
	await raw('RPUSH', 'w:0:y', numberOf(ids[0]));
	const look = async (repair: boolean) => {
		const { defects } = await examineAll(engine, 't', { repair });
		return defects.map(({ code, target, message }) => [code, target, message]);
	};
	// Seen from the lane where it stands, and from the record.
	expect(await look(false)).toEqual([
		['no_lane', ids[0], 'the job waits and does not stand in its lane (it stands in lane 0:y)'],
		['no_lane', ids[0], 'the job waits and does not stand in its lane'],
	]);
	expect(await look(true)).toMatchObject([['no_lane', ids[0], expect.stringContaining('tail of its lane')]]);
	expect(await look(false)).toEqual([]);
	expect(idsOf(await takeAll(engine, 't')).sort()).toEqual(ids);
});

test('no_lane: a job of a group that is held goes back to its lane, and the lane stays held', async () => {
	const { engine, raw } = await patient();
	await engine.putTopic('t', { groups: { concurrency: 1 } });
	const ids = await pushMany(engine, 't', 3, { group: 'x' });
	const jobs = await take(engine, 't', { max: 3 });
	await raw('LREM', 'w:0:x', '0', numberOf(ids[1]));
	const { defects } = await examineAll(engine, 't', { repair: true });
	expect(defects.map(({ code, target }) => [code, target])).toEqual([['no_lane', ids[1]]]);
	expect((await examineAll(engine, 't')).defects).toEqual([]);
	expect(await take(engine, 't')).toEqual([]);
	await settleEach(engine, jobs, 'complete');
	expect(idsOf(await take(engine, 't', { max: 3 }))).toEqual([ids[2]]);
});

test('no_lane: one in a lane too long to be read as a whole', async () => {
	const { engine, raw } = await patient();
	const ids: string[] = [];
	for (let i = 0; i < 3; i++) ids.push(...(await pushMany(engine, 't', 1_000)));
	await raw('LREM', 'w:0', '0', numberOf(ids[1_500]));
	const { defects } = await examineAll(engine, 't', { repair: true });
	expect(defects.map(({ code, target }) => [code, target])).toEqual([['no_lane', ids[1_500]]]);
	expect((await examineAll(engine, 't')).defects).toEqual([]);
	expect(await takeAll(engine, 't')).toHaveLength(3_000);
}, 30_000);

test('no_ring: takes do not reach a lane', async () => {
	const { engine, raw } = await patient();
	const ids = await pushMany(engine, 't', 3);
	await raw('ZREM', 'ring:0', '0');
	// The list of rings tells of one that is gone, too.
	await expectMended(
		engine,
		[
			['empty_lane', 'ring 0'],
			['no_ring', 'lane 0'],
		],
		ids,
	);
});

test('no_ring: a ring is not among those of the topic', async () => {
	const { engine, raw } = await patient();
	const ids = await pushMany(engine, 't', 3);
	await raw('DEL', 'prios');
	await expectMended(engine, [['no_ring', 'lane 0']], ids);
});

test('no_ring: the lane of a group, in its ring or on the list', async () => {
	const { engine, raw } = await patient();
	const ids = await pushJobs(engine, 't', [{ group: 'x' }, { group: 'y' }, {}]);
	await raw('ZREM', 'ring:0', '0:x');
	await raw('ZREM', 'grouped', '0:y');
	await expectMended(
		engine,
		[
			['no_ring', 'lane 0:x'],
			['no_ring', 'lane 0:y'],
		],
		ids,
	);
});

test('no_ring: a lane is held, and nothing holds its group', async () => {
	const { engine, raw } = await patient();
	const ids = await pushJobs(engine, 't', [{ group: 'x' }, {}]);
	await raw('ZREM', 'ring:0', '0:x');
	await raw('ZADD', 'held', '0', 'x\n0');
	await expectMended(engine, [['no_ring', 'lane 0:x']], ids);
});

test('held_in_ring: a lane stands in its ring and is held too', async () => {
	const { engine, raw } = await patient();
	await engine.putTopic('t', { groups: { concurrency: 1 } });
	const ids = await pushMany(engine, 't', 2, { group: 'x' });
	await take(engine, 't');
	await take(engine, 't');
	await raw('ZADD', 'ring:0', '1', '0:x');
	await raw('ZADD', 'prios', '0', '0');
	const { defects } = await examineAll(engine, 't', { repair: true });
	expect(defects.map(({ code, target }) => [code, target])).toEqual([['held_in_ring', 'lane 0:x']]);
	expect((await examineAll(engine, 't')).defects).toEqual([]);
	expect(ids).toHaveLength(2);
});

test('empty_lane: rings and lists name lanes that hold nothing', async () => {
	const { engine, raw } = await patient();
	const id = await pushOne(engine, 't');
	await raw('ZADD', 'ring:0', '1', '0:gone');
	await raw('ZADD', 'grouped', '0', '0:left');
	await raw('ZADD', 'held', '0', 'lost\n0');
	await raw('ZADD', 'prios', '-9', '9');
	await expectMended(
		engine,
		[
			['empty_lane', 'ring 9'],
			['empty_lane', 'lane 0:gone'],
			['empty_lane', 'lane 0:left'],
			['empty_lane', 'lane 0:lost'],
		],
		[id],
	);
});

test('no_slot and slot_without_job', async () => {
	const { engine, raw } = await patient();
	await engine.putTopic('t', { groups: { concurrency: 2 } });
	const ids = await pushMany(engine, 't', 4, { group: 'x' });
	const jobs = await take(engine, 't', { max: 2 });
	await take(engine, 't');
	await raw('ZREM', 'slots', `x\n${numberOf(ids[0])}`);
	await raw('ZADD', 'slots', '0', `x\n${numberOf(ids[3])}`, '0', 'x\n77');
	const expected = [
		['no_slot', ids[0]],
		['slot_without_job', ids[3]],
		['slot_without_job', 'slot x'],
	];
	for (const repair of [false, true]) {
		const { defects } = await examineAll(engine, 't', { repair });
		expect(defects.map(({ code, target }) => [code, target]).sort()).toEqual([...expected].sort());
	}
	expect((await examineAll(engine, 't')).defects).toEqual([]);
	await settleEach(engine, jobs, 'complete');
	expect(idsOf(await takeAll(engine, 't'))).toEqual([ids[2], ids[3]]);
});

const UNIQUE = { key: 'k', scope: 'unfinished', onConflict: 'queueBehind' } as const;

test('key_without_owner: the next in line has it', async () => {
	const { engine, raw } = await patient();
	const [holder = '', gone = '', next = ''] = await pushJobs(engine, 't', [
		{ unique: UNIQUE },
		{ unique: UNIQUE },
		{ unique: UNIQUE },
	]);
	const other = await pushOne(engine, 't', { unique: { ...UNIQUE, key: 'free' } });
	await raw('HSET', 'keys', 'k', '12 ', 'free', '13 ');
	await raw('ZREM', 'delayed', numberOf(gone));
	await raw('HDEL', 'jobs', numberOf(gone));
	await raw('HDEL', 'opts', numberOf(gone));
	const { defects } = await examineAll(engine, 't', { repair: true });
	expect(defects.map(({ code, target }) => [code, target]).sort()).toEqual([
		['key_without_owner', 'key free'],
		['key_without_owner', 'key k'],
		['stray_field', gone],
	]);
	expect((await examineAll(engine, 't')).defects).toEqual([]);
	expect(idsOf(await takeAll(engine, 't')).sort()).toEqual([holder, next, other].sort());
});

test('never_due: a job waits for a key that nobody holds, or stands in no line', async () => {
	const { engine, raw } = await patient();
	const [holder = '', next = ''] = await pushJobs(engine, 't', [{ unique: UNIQUE }, { unique: UNIQUE }]);
	await raw('DEL', 'line:k');
	await expectMended(engine, [['never_due', next]], [holder, next]);
	const [first = '', second = ''] = await pushJobs(engine, 't', [{ unique: UNIQUE }, { unique: UNIQUE }]);
	await raw('HDEL', 'keys', 'k');
	await expectMended(engine, [['never_due', second]], [first, second]);
});

test('never_due: nobody sees when the time to start of a job is over', async () => {
	const { engine, raw } = await patient();
	const [id = '', later = ''] = await pushJobs(engine, 't', [{ ttlMs: 5_000 }, { ttlMs: 5_000, delayMs: 500_000 }]);
	await raw('DEL', 'startBy');
	const { defects } = await examineAll(engine, 't', { repair: true });
	expect(defects.map(({ code, target }) => [code, target])).toEqual([
		['never_due', id],
		['never_due', later],
	]);
	expect((await examineAll(engine, 't')).defects).toEqual([]);
	expect(await raw('ZRANGE', 'startBy', '0', '-1')).toEqual([numberOf(id), numberOf(later)]);
});

test.each(['opts', 'tries', 'results', 'progress', 'history', 'runs', 'terms', 'sizes', 'queued'])(
	'stray_field: %s of a job that is gone',
	async (name) => {
		const { engine, raw } = await patient();
		const id = await pushOne(engine, 't');
		await raw('HSET', name, '55', 'x\ny');
		await expectMended(engine, [['stray_field', 't:55']], [id]);
	},
);

test('stray_field: times of keys that are free, and of jobs that have no use for them', async () => {
	const { engine, raw } = await patient();
	const id = await pushOne(engine, 't');
	await raw('ZADD', 'windows', '5', 'k');
	await raw('ZADD', 'startBy', '1900000000000', '56');
	await expectMended(
		engine,
		[
			['stray_field', 't:56'],
			['stray_field', 'key k'],
		],
		[id],
	);
});

test('count_differs: gaps and bytes', async () => {
	const { engine, raw } = await patient();
	await engine.putTopic('t', { waitingBytes: 10_000 });
	const ids = await pushMany(engine, 't', 10);
	await engine.deleteJobs(ids.slice(4, 6));
	await raw('HSET', 'gaps', '0', '5', '0:x', '1');
	await raw('HSET', 'conf', 'waitingUsed', '9999');
	await expectMended(
		engine,
		[
			['count_differs', 'count gaps'],
			['count_differs', 'count gaps'],
			['count_differs', 'count waitingBytes'],
		],
		[...ids.slice(0, 4), ...ids.slice(6)],
	);
});

test('a repair that is asked for again under its call id changes nothing more', async () => {
	const { engine, raw } = await patient();
	const [id = ''] = await pushMany(engine, 't', 1, PLAIN);
	await raw('HDEL', 'jobs', numberOf(id));
	expect((await engine.examine({ topic: 't', cursor: null, limit: 200, repair: true })).defects).toMatchObject([
		{ code: 'no_record', repaired: true, message: 'lane 0 names a job that has no record; the entry was dropped' },
	]);
	expect(await stateOf(engine, id)).toBe(null);
});

test('an unreadable cursor is refused', async () => {
	const { engine } = await patient();
	const step = engine.examine({ topic: 't', cursor: 'x', limit: 200, repair: false });
	await expect(step).rejects.toMatchObject({ code: 'INVALID' });
});
