import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { START } from '../support/clock.ts';
import {
	explain,
	finishOne,
	type GetSubject,
	idsOf,
	LEASE_MS,
	pushMany,
	pushOne,
	settle,
	stateOf,
	take,
	takeOne,
} from './kit.ts';
import { keyed } from './unique.ts';

const PER_MS = 640_000;

/** The id of the job that is next in the topic by its own explanation; it must be the one that a take gets. */
async function nextOf(engine: Engine, topic: string, ids: string[]): Promise<string | undefined> {
	const next = (await engine.explainJobs(ids)).filter((explanation) => explanation?.next).map((one) => one?.id);
	expect(next.length).toBeLessThanOrEqual(1);
	expect(idsOf(await take(engine, topic))).toEqual(next);
	return next[0];
}

export function explainTests(subject: GetSubject): void {
	test('of a job that the store does not hold there is nothing to say', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		expect(await engine.explainJobs([])).toEqual([]);
		const answers = await engine.explainJobs(['no id', 'nobody:1700000000000', id, 'emails:1', '']);
		expect(answers.map((answer) => answer?.id ?? null)).toEqual([null, null, id, null, null]);
	});

	test('the job at the head of its topic is next', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails');
		expect(await explain(engine, id)).toMatchObject({ id, state: 'waiting', next: true, reasons: [] });
	});

	test('a job that runs or has finished is held back by nothing, and is not next', async () => {
		const { engine } = subject();
		const ids = [await finishOne(engine, 'emails', 'complete'), await finishOne(engine, 'emails', 'kill')];
		const [active = '', cancelled = ''] = await pushMany(engine, 'emails', 2);
		await takeOne(engine, 'emails');
		await engine.cancelJobs([cancelled], { actor: null, reason: null });
		const states = ['completed', 'dead', 'active', 'cancelled'];
		for (const [index, id] of [...ids, active, cancelled].entries()) {
			expect(await explain(engine, id)).toMatchObject({ id, state: states[index], next: false, reasons: [] });
		}
	});

	test('behind: the jobs of its lane and of higher priorities, and the groups that it takes turns with', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 3, { priority: 5 });
		await pushMany(engine, 'emails', 2, { group: 'a', priority: 5 });
		await pushMany(engine, 'emails', 4, { group: 'a' });
		await pushMany(engine, 'emails', 4, { group: 'b' });
		const ids = await pushMany(engine, 'emails', 4);
		await pushMany(engine, 'emails', 9, { priority: -1 });
		for (const [index, id] of ids.entries()) {
			const reasons = [{ code: 'behind', jobs: 5 + index, groups: 2 }];
			expect(await explain(engine, id)).toMatchObject({ next: false, reasons });
		}
	});

	test('due: a delayed job says when', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { delayMs: 5_000 });
		expect(await explain(engine, id)).toMatchObject({
			state: 'delayed',
			next: false,
			reasons: [{ code: 'due', at: START + 5_000 }],
		});
	});

	test('unique: a job in line says for whom it waits', async () => {
		const { engine } = subject();
		const holder = await pushOne(engine, 'emails', keyed());
		const id = await pushOne(engine, 'emails', keyed('queueBehind'));
		const reasons = [{ code: 'unique', key: 'k', holder }];
		expect(await explain(engine, id)).toMatchObject({ state: 'delayed', next: false, reasons });
		await settle(engine, await takeOne(engine, 'emails'), 'complete');
		expect(await explain(engine, id)).toMatchObject({ state: 'waiting', next: true, reasons: [] });
	});

	test('topic_paused and group_paused, with their ends', async () => {
		const { engine } = subject();
		const id = await pushOne(engine, 'emails', { group: 'g' });
		await engine.pauseTopic('emails', true);
		await engine.pauseGroup('emails', 'g', true, START + 900);
		const group = { code: 'group_paused', group: 'g', until: START + 900 };
		expect((await explain(engine, id)).reasons).toEqual([{ code: 'topic_paused', until: null }, group]);
		await engine.pauseTopic('emails', false);
		expect((await explain(engine, id)).reasons).toEqual([group]);
	});

	test('topic_parked and group_parked, with their ends', async () => {
		const { engine } = subject();
		await pushOne(engine, 'emails');
		const id = await pushOne(engine, 'emails', { group: 'g' });
		const [common, job] = await take(engine, 'emails', { max: 2 });
		if (common === undefined || job === undefined) throw new Error('Expected two jobs');
		await settle(engine, job, 'release', { parkMs: 700 });
		await settle(engine, common, 'complete', { parkMs: 800 });
		expect((await explain(engine, id)).reasons).toEqual([
			{ code: 'topic_parked', until: START + 800 },
			{ code: 'group_parked', group: 'g', until: START + 700 },
		]);
	});

	test('topic_limit and group_limit, with the first jobs that hold the slots', async () => {
		const { engine } = subject();
		await engine.putTopic('emails', { concurrency: 7, groups: { concurrency: 7 } });
		const ids = await pushMany(engine, 'emails', 9, { group: 'g' });
		// The lease that ends first is named first.
		for (let n = 0; n < 7; n++) await takeOne(engine, 'emails', { leaseMs: LEASE_MS + 100 * (7 - n) });
		const active = ids.slice(0, 7);
		expect((await explain(engine, ids[7] ?? '')).reasons).toEqual([
			{ code: 'topic_limit', limit: 7, heldBy: active.slice(2).reverse() },
			{ code: 'group_limit', group: 'g', limit: 7, heldBy: active.slice(0, 5) },
		]);
	});

	test('group_limit names a failed job that keeps its place', async () => {
		const { engine } = subject();
		await engine.putGroup('emails', 'g', { concurrency: 1 });
		const [first, second = ''] = await pushMany(engine, 'emails', 2, { group: 'g' });
		await settle(engine, await takeOne(engine, 'emails'), 'retry', { delayMs: 5_000 });
		const reasons = [{ code: 'group_limit', group: 'g', limit: 1, heldBy: [first] }];
		expect((await explain(engine, second)).reasons).toEqual(reasons);
	});

	test('topic_rate and group_rate, with the instant at which the rate allows this job', async () => {
		const { engine, clock } = subject();
		await engine.putTopic('emails', { rate: { limit: 5, perMs: PER_MS } });
		await engine.putGroup('emails', 'g', { rate: { limit: 2, perMs: 2 * PER_MS } });
		const ids = await pushMany(engine, 'emails', 6, { group: 'g' });
		await takeOne(engine, 'emails');
		clock.advance(1_000);
		await takeOne(engine, 'emails');
		const others = await pushMany(engine, 'emails', 4, { cost: 2 });
		expect(idsOf(await take(engine, 'emails', { max: 9 }))).toEqual(others.slice(0, 1));
		const groupRate = { code: 'group_rate', group: 'g', opensAt: START + 2 * PER_MS };
		expect((await explain(engine, ids[2] ?? '')).reasons).toEqual([groupRate]);
		// The one start that is left is too little for a cost of 2.
		expect((await explain(engine, others[1] ?? '')).reasons).toEqual([{ code: 'topic_rate', opensAt: START + PER_MS }]);
	});

	test('reasons come in the order in which a take finds them, and behind last, if others of its lane are before it', async () => {
		const { engine } = subject();
		await engine.putTopic('emails', { concurrency: 1, rate: { limit: 1, perMs: PER_MS } });
		await engine.putGroup('emails', 'g', { concurrency: 1, rate: { limit: 1, perMs: PER_MS } });
		const [, head = '', last = ''] = await pushMany(engine, 'emails', 3, { group: 'g' });
		await takeOne(engine, 'emails');
		await engine.pauseTopic('emails', true);
		await engine.pauseGroup('emails', 'g', true);
		const codes = ['topic_paused', 'topic_limit', 'group_paused', 'group_limit', 'group_rate', 'topic_rate'];
		expect((await explain(engine, head)).reasons.map(({ code }) => code)).toEqual(codes);
		expect((await explain(engine, last)).reasons.map(({ code }) => code)).toEqual([...codes, 'behind']);
	});

	test('the job that is next is the one that a take gets, through limits, weights and pauses', async () => {
		const { engine, clock } = subject();
		await engine.putTopic('emails', { groups: { concurrency: 2 }, rate: { limit: 9, perMs: PER_MS } });
		await engine.putGroup('emails', 'b', { weight: 4 });
		await engine.putGroup('emails', 'c', { rate: { limit: 1, perMs: PER_MS } });
		const ids: string[] = [];
		for (const group of ['a', 'b', 'c', null]) {
			for (const priority of [0, 1]) ids.push(...(await pushMany(engine, 'emails', 3, { group, priority })));
		}
		const order: (string | undefined)[] = [];
		for (let n = 0; n < 14; n++) {
			if (n === 3) await engine.pauseGroup('emails', 'a', true);
			if (n === 11) clock.advance(PER_MS);
			order.push(await nextOf(engine, 'emails', ids));
		}
		expect(order.filter((id) => id === undefined).length).toBeGreaterThan(0);
		expect(order.filter((id) => id !== undefined).length).toBeGreaterThan(9);
	});

	test('asking changes nothing but what was due anyway', async () => {
		const { engine, clock } = subject();
		const ids = await pushMany(engine, 'emails', 3, { group: 'g' });
		const expiring = await pushOne(engine, 'emails', { ttlMs: 1_000 });
		const before = await engine.getJobs(ids);
		clock.advance(1_000);
		await engine.explainJobs(ids);
		expect(await engine.getJobs(ids)).toEqual(before);
		expect(await stateOf(engine, expiring)).toBe('dead');
		expect(idsOf(await take(engine, 'emails', { max: 9 }))).toEqual(ids);
	});

	test('it is told when a take last asked for jobs of the topic, whether it got any or not', async () => {
		const { engine, clock } = subject();
		const id = await pushOne(engine, 'emails', { delayMs: 500_000 });
		expect((await explain(engine, id)).lastTakeAt ?? null).toBeNull();
		clock.advance(5_000);
		await take(engine, 'emails');
		const { lastTakeAt } = await explain(engine, id);
		if (lastTakeAt === null) return; // The model keeps none.
		expect(Math.abs(lastTakeAt - clock())).toBeLessThanOrEqual(2_000);
		clock.advance(60_000);
		await take(engine, 'emails');
		expect(Math.abs(((await explain(engine, id)).lastTakeAt ?? 0) - clock())).toBeLessThanOrEqual(2_000);
	});
}
