import { expect, test } from 'vitest';
import type { NewJob } from '../../src/core/job.ts';
import { toRawJson } from '../../src/core/json.ts';
import type { Unique } from '../../src/core/unique.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { TestClock } from '../support/clock.ts';
import {
	cancel,
	explain,
	type GetSubject,
	getJob,
	idsOf,
	LEASE_MS,
	pushed,
	pushOne,
	settle,
	stateOf,
	sweepAll,
	take,
	takeAll,
	takeOne,
} from './kit.ts';
import { keyed } from './unique.ts';

/** Every way in which a job ends, and the state that it is in then; null when it is gone. */
const ENDS: Record<
	string,
	{ job?: Partial<NewJob>; end(engine: Engine, clock: TestClock, id: string): Promise<unknown> }
> = {
	completed: { end: async (engine) => settle(engine, await takeOne(engine, 'emails'), 'complete') },
	killed: { end: async (engine) => settle(engine, await takeOne(engine, 'emails'), 'kill') },
	'failed for the last time': {
		job: { maxAttempts: 1 },
		end: async (engine) => settle(engine, await takeOne(engine, 'emails'), 'retry'),
	},
	'crashed for the last time': {
		job: { maxAttempts: 1 },
		async end(engine, clock) {
			await takeOne(engine, 'emails');
			clock.advance(LEASE_MS);
			await engine.reclaim();
		},
	},
	'run too long for the last time': {
		job: { maxAttempts: 1, timeoutMs: 50 },
		async end(engine, clock) {
			await takeOne(engine, 'emails');
			clock.advance(50);
			await engine.reclaim();
		},
	},
	expired: {
		job: { ttlMs: 50 },
		async end(engine, clock) {
			clock.advance(50);
			await engine.promote();
		},
	},
	'cancelled while it waited': { end: (engine, _clock, id) => cancel(engine, id) },
	'cancelled while it ran': {
		async end(engine, _clock, id) {
			await takeOne(engine, 'emails');
			await cancel(engine, id);
		},
	},
	'cancelled while it was delayed': { job: { delayMs: 50_000 }, end: (engine, _clock, id) => cancel(engine, id) },
	'deleted while it waited': { end: (engine, _clock, id) => engine.deleteJobs([id]) },
	'deleted while it was delayed': { job: { delayMs: 50_000 }, end: (engine, _clock, id) => engine.deleteJobs([id]) },
};

const WINDOW = { windowMs: 600_000 };

async function probe(engine: Engine) {
	const unique: Unique = { key: 'k', scope: 'unfinished', onConflict: 'keep' };
	return (await pushed(engine, 'emails', { unique })).unique?.outcome;
}

export function uniqueEndsTests(subject: GetSubject): void {
	for (const [how, { job = {}, end }] of Object.entries(ENDS)) {
		for (const scope of ['waiting', 'unfinished', WINDOW] as const) {
			const name = typeof scope === 'string' ? scope : 'a window';
			const stays = how === 'completed' && scope === WINDOW;
			test(`a job that is ${how} ${stays ? 'keeps' : 'gives up'} its key; scope: ${name}`, async () => {
				const { engine, clock } = subject();
				const id = await pushOne(engine, 'emails', keyed('keep', job, scope));
				expect(await probe(engine)).toBe('kept');
				await end(engine, clock, id);
				expect(['waiting', 'delayed', 'active']).not.toContain(await stateOf(engine, id));
				expect(await probe(engine)).toBe(stays ? 'kept' : 'free');
			});
		}

		test(`the next in line has the key when its holder is ${how}`, async () => {
			const { engine, clock } = subject();
			const id = await pushOne(engine, 'emails', keyed('keep', job));
			const next = await pushOne(engine, 'emails', keyed('queueBehind'));
			const last = await pushOne(engine, 'emails', keyed('queueBehind'));
			await end(engine, clock, id);
			expect(await getJob(engine, next)).toMatchObject({ state: 'waiting', runAt: null });
			expect(await getJob(engine, last)).toMatchObject({ state: 'delayed', runAt: null });
			expect(await explain(engine, last)).toMatchObject({ reasons: [{ code: 'unique', key: 'k', holder: next }] });
			expect(idsOf(await takeAll(engine, 'emails'))).toEqual([next]);
		});
	}

	test('jobs in line get the key in the order of their pushes, whatever their priorities', async () => {
		const { engine } = subject();
		const ids = [await pushOne(engine, 'emails', keyed())];
		for (const priority of [0, 9, -3]) ids.push(await pushOne(engine, 'emails', keyed('queueBehind', { priority })));
		for (const id of ids) {
			const job = await takeOne(engine, 'emails');
			expect(job.id).toBe(id);
			expect(await take(engine, 'emails')).toEqual([]);
			await settle(engine, job, 'complete');
		}
		expect(await probe(engine)).toBe('free');
	});

	test('a job whose turn frees the next in line lets it in before the take looks any further', async () => {
		const { engine, clock } = subject();
		await engine.putTopic('emails', { rate: { limit: 1, perMs: 1_000 } });
		for (const group of ['b', 'c']) await engine.putGroup('emails', group, { weight: 100 });
		const first = await pushOne(engine, 'emails', keyed('keep', { group: 'a' }, 'waiting'));
		await pushOne(engine, 'emails', { group: 'a' });
		await pushOne(engine, 'emails', { group: 'b' });
		const next = await pushOne(engine, 'emails', keyed('queueBehind', { group: 'c' }, 'waiting'));
		await engine.pauseGroup('emails', 'b', true);
		// The take finds b's lane paused and holds it only after c has entered the ring, a turn behind b.
		expect(idsOf(await take(engine, 'emails', { max: 5 }))).toEqual([first]);
		clock.advance(1_000);
		await engine.promote();
		expect(idsOf(await take(engine, 'emails', { max: 5 }))).toEqual([next]);
	});

	test('a job in line whose own time has not come is delayed until then, and has the key', async () => {
		const { engine, clock } = subject();
		await pushOne(engine, 'emails', keyed());
		const next = await pushOne(engine, 'emails', keyed('queueBehind', { delayMs: 5_000 }));
		clock.advance(1_000);
		await settle(engine, await takeOne(engine, 'emails'), 'complete');
		expect(await getJob(engine, next)).toMatchObject({ state: 'delayed', runAt: clock() + 4_000 });
		expect(await probe(engine)).toBe('kept');
		clock.advance(4_000);
		await engine.promote();
		expect(await takeOne(engine, 'emails')).toMatchObject({ id: next });
	});

	test('a job in line is not promoted by hand, and leaves the line when it is cancelled, deleted or expired', async () => {
		const { engine, clock } = subject();
		const holder = await pushOne(engine, 'emails', keyed());
		const line: string[] = [];
		for (const job of [{}, {}, { ttlMs: 1_000 }, {}]) {
			line.push(await pushOne(engine, 'emails', keyed('queueBehind', job)));
		}
		const [cancelled = '', deleted = '', expired = '', left] = line;
		expect(await engine.promoteJobs([cancelled])).toEqual([{ status: 'refused', state: 'delayed' }]);
		await cancel(engine, cancelled);
		await engine.deleteJobs([deleted]);
		clock.advance(1_000);
		await sweepAll(() => engine.promote());
		expect(await getJob(engine, expired)).toMatchObject({ state: 'dead', reason: 'expired' });
		await settle(engine, await takeOne(engine, 'emails'), 'complete');
		expect(await stateOf(engine, holder)).toBe('completed');
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual([left]);
	});

	test('with the scope waiting the next in line waits as soon as the holder is taken', async () => {
		const { engine } = subject();
		const ids = [await pushOne(engine, 'emails', keyed('keep', {}, 'waiting'))];
		for (let n = 0; n < 2; n++) ids.push(await pushOne(engine, 'emails', keyed('queueBehind', {}, 'waiting')));
		expect(idsOf(await takeAll(engine, 'emails', { max: 10 }))).toEqual(ids);
		expect(await probe(engine)).toBe('free');
	});

	test('who cancels the holder by a push goes before those who wait in line', async () => {
		const { engine } = subject();
		const holder = await pushOne(engine, 'emails', keyed());
		const queued = await pushOne(engine, 'emails', keyed('queueBehind'));
		const answer = await pushed(engine, 'emails', keyed('cancelAndReplace'));
		expect(answer.unique).toMatchObject({ outcome: 'cancelled', former: holder });
		expect(await getJob(engine, queued)).toMatchObject({ state: 'delayed', runAt: null });
		await settle(engine, await takeOne(engine, 'emails'), 'complete');
		expect(await takeOne(engine, 'emails')).toMatchObject({ id: queued });
	});

	test('a window holds its key for exactly its time, also when its job has completed and is gone by then', async () => {
		const { engine, clock } = subject();
		await engine.putTopic('emails', { completed: { count: 0, ageMs: 1 } });
		const holder = await pushOne(engine, 'emails', keyed('keep', {}, WINDOW));
		await settle(engine, await takeOne(engine, 'emails'), 'complete');
		expect(await stateOf(engine, holder)).toBeNull();
		clock.advance(WINDOW.windowMs - 1);
		await sweepAll(() => engine.prune());
		const kept = await pushed(engine, 'emails', keyed('cancelAndReplace', {}, WINDOW));
		expect(kept).toEqual({
			id: holder,
			state: 'completed',
			unique: { outcome: 'kept', holder, holderState: 'completed' },
		});
		clock.advance(1);
		expect(await probe(engine)).toBe('free');
	});

	test('a window that is over frees its key while its job still waits or runs, unless others wait in line', async () => {
		const { engine, clock } = subject();
		const push = (key: string, onConflict: Unique['onConflict']) =>
			pushed(engine, 'emails', { unique: { key, scope: WINDOW, onConflict } });
		await push('a', 'keep');
		await push('b', 'keep');
		const queued = await push('b', 'queueBehind');
		clock.advance(WINDOW.windowMs);
		expect((await push('a', 'keep')).unique?.outcome).toBe('free');
		expect((await push('b', 'keep')).unique?.outcome).toBe('kept');
		for (const job of await take(engine, 'emails', { max: 2 })) await settle(engine, job, 'complete');
		expect((await takeAll(engine, 'emails')).map(({ id }) => id)).toContain(queued.id);
	});

	test('a window counts anew from a push that replaces its job', async () => {
		const { engine, clock } = subject();
		await pushOne(engine, 'emails', keyed('keep', {}, WINDOW));
		clock.advance(WINDOW.windowMs - 1);
		await pushed(engine, 'emails', keyed('replace', {}, WINDOW));
		clock.advance(WINDOW.windowMs - 1);
		expect(await probe(engine)).toBe('kept');
		clock.advance(1);
		expect(await probe(engine)).toBe('free');
	});

	test('deleting a completed job ends its window', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', keyed('keep', {}, WINDOW));
		await settle(engine, await takeOne(engine, 'emails'), 'complete');
		await engine.deleteJobs([id]);
		expect(await probe(engine)).toBe('free');
	});

	for (const outcome of ['kill', 'cancel'] as const) {
		test(`a job after ${outcome} takes its key again when it is retried, and is refused while another has it`, async () => {
			const { engine } = subject();
			const first = await pushOne(engine, 'emails', keyed());
			const job = await takeOne(engine, 'emails');
			if (outcome === 'kill') await settle(engine, job, 'kill');
			else await cancel(engine, first);
			const second = await pushOne(engine, 'emails', keyed());
			const before = await getJob(engine, first);
			expect(await engine.retryJobs([first])).toEqual([{ status: 'held', by: second }]);
			expect(await getJob(engine, first)).toEqual(before);
			await engine.deleteJobs([second]);
			expect(await engine.retryJobs([first])).toEqual([{ status: 'ok' }]);
			expect(await pushed(engine, 'emails', keyed())).toMatchObject({ id: first, unique: { holder: first } });
		});
	}

	test('a key is held through retries and releases', async () => {
		const { engine, clock } = subject();
		await pushOne(engine, 'emails', keyed('keep', { data: toRawJson(1) }));
		for (const outcome of ['retry', 'release'] as const) {
			await settle(engine, await takeOne(engine, 'emails'), outcome, { delayMs: 1_000 });
			expect(await probe(engine)).toBe('kept');
			clock.advance(1_000);
			await engine.promote();
			expect(await probe(engine)).toBe('kept');
		}
	});
}
