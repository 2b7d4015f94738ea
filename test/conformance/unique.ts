import { expect, test } from 'vitest';
import type { NewJob } from '../../src/core/job.ts';
import { toRawJson } from '../../src/core/json.ts';
import {
	type HolderState,
	ON_CONFLICT,
	type OnConflict,
	type Unique,
	type UniqueAnswer,
} from '../../src/core/unique.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { START } from '../support/clock.ts';
import { newJob } from '../support/jobs.ts';
import {
	type GetSubject,
	getJob,
	idsOf,
	LEASE_MS,
	only,
	pushed,
	pushMany,
	pushOne,
	settle,
	take,
	takeOne,
} from './kit.ts';

type Outcome = UniqueAnswer['outcome'];

/** The table of docs/flow-control.md in the words of the answers. */
const EXPECTED: Record<OnConflict, Record<HolderState, Outcome>> = {
	keep: { waiting: 'kept', delayed: 'kept', active: 'kept', completed: 'kept' },
	replace: { waiting: 'replaced', delayed: 'replaced', active: 'kept', completed: 'kept' },
	cancelAndReplace: { waiting: 'cancelled', delayed: 'cancelled', active: 'cancelled', completed: 'kept' },
	queueBehind: { waiting: 'queued', delayed: 'queued', active: 'queued', completed: 'kept' },
	debounce: { waiting: 'debounced', delayed: 'debounced', active: 'queued', completed: 'kept' },
};

const STATES: HolderState[] = ['waiting', 'delayed', 'active', 'completed'];

/** The states in which a job holds its key, by scope. */
const SCOPES: { scope: Unique['scope']; holds: HolderState[] }[] = [
	{ scope: 'waiting', holds: ['waiting', 'delayed'] },
	{ scope: 'unfinished', holds: ['waiting', 'delayed', 'active'] },
	{ scope: { windowMs: 600_000 }, holds: STATES },
];

const DUE = START + 50_000;

export function keyed(
	onConflict: OnConflict = 'keep',
	more: Partial<NewJob> = {},
	scope: Unique['scope'] = 'unfinished',
) {
	return { unique: { key: 'k', scope, onConflict }, ...more };
}

/** A job that was pushed with the key and is in this state. */
async function jobIn(engine: Engine, topic: string, state: HolderState, scope: Unique['scope']): Promise<string> {
	const job = keyed('keep', { group: 'g', priority: 2, data: toRawJson('old') }, scope);
	const id = await pushOne(engine, topic, state === 'delayed' ? { ...job, runAt: DUE } : job);
	if (state === 'active' || state === 'completed') {
		const taken = await takeOne(engine, topic);
		if (state === 'completed') await settle(engine, taken, 'complete');
	}
	return id;
}

/** Pushes another job with the key, and holds the answer and both jobs to the outcome. */
async function challenge(engine: Engine, topic: string, holder: string, onConflict: OnConflict, outcome: Outcome) {
	const before = await getJob(engine, holder);
	const { state } = before;
	const answer = await pushed(engine, topic, keyed(onConflict, { data: toRawJson('new'), delayMs: 7_000 }));
	const after = await getJob(engine, holder);
	const isNew = outcome === 'free' || outcome === 'cancelled' || outcome === 'queued';
	expect(answer.id === holder, 'who stands in the place of the push').toBe(!isNew);
	const byNew = { outcome, holder: answer.id, holderState: 'delayed' };
	const job = await getJob(engine, answer.id);
	if (outcome === 'free') {
		expect(answer).toEqual({ id: answer.id, state: 'delayed', unique: byNew });
		expect(after).toEqual(before);
	} else if (outcome === 'kept') {
		expect(answer).toEqual({ id: holder, state, unique: { outcome, holder, holderState: state } });
		expect(after).toEqual(before);
	} else if (outcome === 'replaced') {
		expect(answer).toEqual({ id: holder, state, unique: { outcome, holder, holderState: state } });
		expect(after).toEqual({ ...before, data: '"new"', unique: keyed(onConflict).unique });
	} else if (outcome === 'debounced') {
		expect(answer).toEqual({ id: holder, state: 'delayed', unique: { outcome, holder, holderState: 'delayed' } });
		const debounced = { data: '"new"', unique: keyed(onConflict).unique, state: 'delayed', runAt: START + 7_000 };
		expect(after).toEqual({ ...before, ...debounced });
	} else if (outcome === 'cancelled') {
		expect(answer).toEqual({ id: answer.id, state: 'delayed', unique: { ...byNew, former: holder } });
		expect(after).toMatchObject({ state: 'cancelled', reason: 'cancelled', history: [{ kind: 'cancelled' }] });
		expect(job).toMatchObject({ state: 'delayed', runAt: START + 7_000 });
	} else {
		expect(answer).toEqual({ id: answer.id, state: 'delayed', unique: { outcome, holder, holderState: state } });
		expect(after).toEqual(before);
		expect(job).toMatchObject({ state: 'delayed', runAt: null, data: '"new"' });
	}
}

export function uniqueTests(subject: GetSubject): void {
	for (const onConflict of ON_CONFLICT) {
		for (const state of STATES) {
			const outcome = EXPECTED[onConflict][state];
			test(`${onConflict} on a holder that is ${state}: ${outcome}, if its scope lets it hold the key`, async () => {
				const { engine } = subject();
				for (const [index, { scope, holds }] of SCOPES.entries()) {
					const topic = `t${index}`;
					const holder = await jobIn(engine, topic, state, scope);
					await challenge(engine, topic, holder, onConflict, holds.includes(state) ? outcome : 'free');
				}
			});
		}
	}

	test('a replaced job keeps its place, its attempts, its priority and its group', async () => {
		const { engine } = subject();
		const first = await pushOne(engine, 'emails', { ...keyed(), group: 'g', priority: 3 });
		await settle(engine, await takeOne(engine, 'emails'), 'retry');
		const [second] = await pushMany(engine, 'emails', 1, { group: 'g', priority: 3 });
		const other = keyed('replace', { group: 'other', priority: -5, maxAttempts: 7, tags: ['t'] });
		expect(await pushed(engine, 'emails', other)).toMatchObject({ id: first, state: 'waiting' });
		const kept = { group: 'g', priority: 3, attempt: 1, token: 1, createdAt: START };
		expect(await getJob(engine, first)).toMatchObject({ ...kept, maxAttempts: 7, tags: ['t'] });
		expect(idsOf(await take(engine, 'emails', { max: 5 }))).toEqual([first, second]);
	});

	test('terms that the new push does not have are gone with the old payload', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', keyed('keep', { ttlMs: 1_000, tags: ['t'], timeoutMs: 50 }));
		await pushed(engine, 'emails', keyed('replace'));
		const job = await getJob(engine, id);
		expect([job.ttlMs, job.tags, job.timeoutMs]).toEqual([undefined, undefined, undefined]);
		clock.advance(1_000);
		expect(await takeOne(engine, 'emails')).toMatchObject({ id });
	});

	test('a debounced job is due when the latest push says, and has the data of it', async () => {
		const { engine, clock } = subject();
		const push = (n: number, delayMs: number) =>
			pushed(engine, 'emails', keyed('debounce', { data: toRawJson(n), delayMs }));
		const { id } = await push(1, 1_000);
		clock.advance(900);
		expect(await push(2, 1_000)).toMatchObject({ id, state: 'delayed' });
		clock.advance(900);
		expect(await engine.promote()).toMatchObject({ count: 0 });
		expect(await push(3, 300)).toMatchObject({ id });
		clock.advance(300);
		expect(await engine.promote()).toMatchObject({ count: 1 });
		// A waiting one is delayed again.
		expect(await push(4, 500)).toMatchObject({ id, state: 'delayed' });
		expect(await take(engine, 'emails')).toEqual([]);
		expect(await push(5, 0)).toMatchObject({ id, state: 'waiting' });
		expect(await takeOne(engine, 'emails')).toMatchObject({ id, data: '5', attempt: 1 });
	});

	test('while a debounced job runs one more waits in line, and has the data of the latest push', async () => {
		const { engine } = subject();
		const push = (n: number) => pushed(engine, 'emails', keyed('debounce', { data: toRawJson(n) }));
		const { id } = await push(1);
		const job = await takeOne(engine, 'emails');
		const second = await push(2);
		expect(second).toMatchObject({
			state: 'delayed',
			unique: { outcome: 'queued', holder: id, holderState: 'active' },
		});
		expect(await push(3)).toEqual({ ...second, unique: { ...second.unique, outcome: 'debounced' } });
		await settle(engine, job, 'complete');
		expect(await takeOne(engine, 'emails')).toMatchObject({ id: second.id, data: '3' });
	});

	test('the same key twice in one batch meets itself', async () => {
		const { engine } = subject();
		for (const [onConflict, outcomes] of [
			['keep', ['free', 'kept', 'kept']],
			['replace', ['free', 'replaced', 'replaced']],
			['cancelAndReplace', ['free', 'cancelled', 'cancelled']],
			['queueBehind', ['free', 'queued', 'queued']],
			['debounce', ['free', 'debounced', 'debounced']],
		] as const) {
			const jobs = [1, 2, 3].map((n) => newJob(keyed(onConflict, { data: toRawJson(n) })));
			const result = only(await engine.push([{ topic: onConflict, jobs }]));
			if (result.status !== 'created') throw new Error(result.status);
			expect(result.jobs.map(({ unique }) => unique?.outcome)).toEqual(outcomes);
			const holders = new Set(result.jobs.map(({ unique }) => unique?.holder));
			expect(holders.size).toBe(onConflict === 'cancelAndReplace' ? 3 : 1);
			const taken = await take(engine, onConflict, { max: 5, leaseMs: LEASE_MS });
			expect(taken.map(({ data }) => data)).toEqual([
				onConflict === 'keep' || onConflict === 'queueBehind' ? '1' : '3',
			]);
		}
	});

	test('a push repeated under its idempotency key has the first answer, whatever became of the unique key', async () => {
		const { engine } = subject();
		const batch = { topic: 'emails', jobs: [newJob(keyed())], idempotency: { key: 'i', fingerprint: 'f' } };
		const holder = await pushOne(engine, 'emails', keyed());
		const first = only(await engine.push([batch]));
		expect(first).toMatchObject({ status: 'created', jobs: [{ id: holder, unique: { outcome: 'kept' } }] });
		await settle(engine, await takeOne(engine, 'emails'), 'complete');
		expect(await engine.push([batch])).toEqual([{ status: 'duplicate', ids: [holder] }]);
		expect(await take(engine, 'emails')).toEqual([]);
	});

	test('a key is that of its topic, and may be any text', async () => {
		const { engine } = subject();
		const keys = ['*', 'a:b', '{x}', ' ', '😀', 'k', 'K', 'x'.repeat(255)];
		for (const topic of ['a', 'b']) {
			for (const key of keys) {
				const unique = { key, scope: 'unfinished', onConflict: 'keep' } as const;
				expect(await pushed(engine, topic, { unique })).toMatchObject({ unique: { outcome: 'free' } });
				expect(await pushed(engine, topic, { unique })).toMatchObject({ unique: { outcome: 'kept' } });
			}
			expect(await take(engine, topic, { max: 100 })).toHaveLength(keys.length);
		}
	});
}
