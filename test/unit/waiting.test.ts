import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { TakenJob } from '../../src/core/job.ts';
import { DIRECT, type Supports, type TakeRequest } from '../../src/engine/engine.ts';
import { WaitingTakes } from '../../src/engine/waiting.ts';
import { stubEngine } from '../support/stub-engine.ts';
import { until } from '../support/wait.ts';

const REQUEST: TakeRequest = { topics: ['emails'], max: 1, leaseMs: 1_000 };
const WAIT = { waitMs: 20_000 };
const JOB = { id: 'emails:1' } as TakenJob;

/** WaitingTakes over an engine whose takes the test answers one by one. */
function scripted(supports: Supports = { persistence: false, sharing: false, ...DIRECT }) {
	const asked: { request: TakeRequest; answer: (jobs: TakenJob[]) => void; fail: (error: Error) => void }[] = [];
	const stub = stubEngine({
		supports,
		take: (request) => new Promise((answer, fail) => asked.push({ request, answer, fail })),
	});
	const waiting = new WaitingTakes(stub.engine);
	onTestFinished(() => waiting.close());
	const next = async () => {
		const question = await until(() => asked[0], { what: 'a take' });
		asked.shift();
		return question;
	};
	return { waiting, asked, next, ...stub };
}

/** Lets everything run that is ready to. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a hint that comes while a take asks lets it ask again, so that no push falls in between', async () => {
	const { waiting, next, hint } = scripted();
	const taking = waiting.take(REQUEST, WAIT);
	const first = await next();
	hint({ topic: 'emails', inMs: 0 });
	first.answer([]);
	(await next()).answer([JOB]);
	expect(await taking).toEqual([JOB]);
});

test('a hint lets one waiter ask, and the next one only when that found jobs', async () => {
	const { waiting, asked, next, hint } = scripted();
	const takings = [0, 1, 2].map(() => waiting.take(REQUEST, WAIT));
	for (let i = 0; i < 3; i++) (await next()).answer([]);
	await settled();
	hint({ topic: 'emails', inMs: 0 });
	(await next()).answer([JOB]);
	expect(await takings[0]).toEqual([JOB]);
	(await next()).answer([]);
	await settled();
	expect(asked).toEqual([]);
});

test('a hint at another topic, or at a later time, wakes nobody', async () => {
	const { waiting, asked, next, hint } = scripted();
	void waiting.take(REQUEST, WAIT);
	(await next()).answer([]);
	await settled();
	hint({ topic: 'other', inMs: 0 });
	hint({ topic: 'emails', inMs: 5 });
	await settled();
	expect(asked).toEqual([]);
});

test('after hints may have been missed all that is waited for is asked for, once', async () => {
	const { waiting, asked, next, hint } = scripted();
	const emails = [0, 1].map(() => waiting.take(REQUEST, WAIT));
	const letters = waiting.take({ ...REQUEST, topics: ['letters'] }, WAIT);
	for (let i = 0; i < 3; i++) (await next()).answer([]);
	await settled();
	hint({ topic: null, inMs: 0 });
	(await next()).answer([]);
	const last = await next();
	expect(last.request.topics).toEqual(['letters']);
	last.answer([JOB]);
	expect(await letters).toEqual([JOB]);
	await settled();
	expect(asked).toEqual([]);
	waiting.close();
	expect(await Promise.all(emails)).toEqual([[], []]);
});

test('a take that fails fails its waiter and leaves the others in line', async () => {
	const { waiting, next, hint } = scripted();
	const first = waiting.take(REQUEST, WAIT);
	const second = waiting.take(REQUEST, WAIT);
	for (let i = 0; i < 2; i++) (await next()).answer([]);
	await settled();
	hint({ topic: 'emails', inMs: 0 });
	(await next()).fail(new Error('away'));
	await expect(first).rejects.toThrow('away');
	hint({ topic: 'emails', inMs: 0 });
	(await next()).answer([JOB]);
	expect(await second).toEqual([JOB]);
});

test('jobs of a take that was under way when its caller left are handed over', async () => {
	const { waiting, next } = scripted();
	const controller = new AbortController();
	const taking = waiting.take(REQUEST, { ...WAIT, signal: controller.signal });
	const question = await next();
	controller.abort();
	question.answer([JOB]);
	expect(await taking).toEqual([JOB]);
});

test('a caller that leaves while it waits is answered at once', async () => {
	const { waiting, next } = scripted();
	const controller = new AbortController();
	const taking = waiting.take(REQUEST, { ...WAIT, signal: controller.signal });
	(await next()).answer([]);
	await settled();
	controller.abort();
	expect(await taking).toEqual([]);
});

test('a caller that left before its take began takes nothing', async () => {
	const { waiting, asked } = scripted();
	expect(await waiting.take(REQUEST, { ...WAIT, signal: AbortSignal.abort() })).toEqual([]);
	expect(asked).toEqual([]);
});

test('close answers everybody and listens to no more hints', async () => {
	const { waiting, next, listeners } = scripted();
	const taking = waiting.take(REQUEST, WAIT);
	(await next()).answer([]);
	await settled();
	waiting.close();
	expect(await taking).toEqual([]);
	expect(listeners.size).toBe(0);
	const late = waiting.take(REQUEST, WAIT);
	(await next()).answer([]);
	expect(await late).toEqual([]);
});

describe('a topic that had nothing, and of which no hint has come since,', () => {
	type Scripted = ReturnType<typeof scripted>;

	/** A take has found nothing and gone. */
	async function quiet(setup: Scripted = scripted(), request = REQUEST, isNew?: boolean): Promise<Scripted> {
		const leave = new AbortController();
		const taking = setup.waiting.take(request, { ...WAIT, signal: leave.signal }, isNew);
		(await setup.next()).answer([]);
		await settled();
		leave.abort();
		await taking;
		return setup;
	}

	/** The next take asks the engine at once. */
	async function expectToAsk({ waiting, asked }: Scripted, request = REQUEST, isNew?: boolean): Promise<void> {
		void waiting.take(request, WAIT, isNew);
		await settled();
		expect(asked.map((question) => question.request)).toEqual([request]);
	}

	async function expectNotToAsk({ waiting, asked }: Scripted, request = REQUEST, isNew?: boolean): Promise<void> {
		void waiting.take(request, WAIT, isNew);
		await settled();
		expect(asked).toEqual([]);
	}

	test('lets the next take wait without asking, until a hint', async () => {
		const setup = await quiet();
		const taking = setup.waiting.take(REQUEST, WAIT);
		await settled();
		expect(setup.asked).toEqual([]);
		setup.hint({ topic: 'emails', inMs: 0 });
		(await setup.next()).answer([JOB]);
		expect(await taking).toEqual([JOB]);
		await expectToAsk(setup);
	});

	test('is asked again after a hint that nobody waited for', async () => {
		const setup = await quiet();
		setup.hint({ topic: 'emails', inMs: 0 });
		await expectToAsk(setup);
	});

	test('is not quiet when the hint came while the take was under way, although its caller had gone', async () => {
		const setup = scripted();
		const leave = new AbortController();
		const taking = setup.waiting.take(REQUEST, { ...WAIT, signal: leave.signal });
		const question = await setup.next();
		leave.abort();
		setup.hint({ topic: 'emails', inMs: 0 });
		question.answer([]);
		expect(await taking).toEqual([]);
		await expectToAsk(setup);
	});

	test('is not quiet when a take got all that it asked for: there may be more', async () => {
		const setup = await quiet();
		const taking = setup.waiting.take(REQUEST, WAIT);
		setup.hint({ topic: 'emails', inMs: 0 });
		(await setup.next()).answer([JOB]);
		await taking;
		await expectToAsk(setup);
	});

	test('says nothing of other topics: a take of several asks unless all of them are quiet', async () => {
		const both = { ...REQUEST, topics: ['emails', 'letters'] };
		await expectToAsk(await quiet(), both);
		const setup = await quiet(scripted(), both);
		setup.hint({ topic: 'other', inMs: 0 });
		await expectNotToAsk(setup, both);
		await expectNotToAsk(setup);
		setup.hint({ topic: 'letters', inMs: 0 });
		expect((await setup.next()).request).toEqual(both);
	});

	test('does not keep a take from asking that repeats an earlier one, and may have jobs already', async () => {
		const known = { ...REQUEST, requestId: 'r1' };
		await expectToAsk(await quiet(), known);
		await expectNotToAsk(await quiet(), known, true);
	});

	test('is not quiet because a repeated take found nothing: its deliveries may have ended', async () => {
		await expectToAsk(await quiet(scripted(), { ...REQUEST, requestId: 'r1' }));
		await expectNotToAsk(await quiet(scripted(), { ...REQUEST, requestId: 'r1' }, true));
	});

	test('is believed in for two minutes', async () => {
		const setup = await quiet();
		const now = performance.now();
		const clock = vi.spyOn(performance, 'now');
		onTestFinished(() => clock.mockRestore());
		clock.mockReturnValue(now + 119_900);
		await expectNotToAsk(setup);
		clock.mockReturnValue(now + 120_000);
		await expectToAsk(setup);
	});

	test('is looked at again by one take alone; those that come meanwhile ask in turn when it finds jobs', async () => {
		const setup = await quiet();
		const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 120_000);
		onTestFinished(() => clock.mockRestore());
		const takings = [0, 1, 2].map(() => setup.waiting.take(REQUEST, WAIT));
		await settled();
		expect(setup.asked).toHaveLength(1);
		(await setup.next()).answer([JOB]);
		(await setup.next()).answer([JOB]);
		(await setup.next()).answer([]);
		expect(await Promise.all(takings.slice(0, 2))).toEqual([[JOB], [JOB]]);
		await expectNotToAsk(setup);
		clock.mockReturnValue(performance.now() + 240_000);
		const failing = setup.waiting.take(REQUEST, WAIT);
		(await setup.next()).fail(new Error('away'));
		await expect(failing).rejects.toThrow('away');
		await expectToAsk(setup);
	});

	test('is asked again after trouble, and after hints may have been missed', async () => {
		const setup = await quiet();
		const failing = setup.waiting.take({ ...REQUEST, topics: ['other'] }, WAIT);
		(await setup.next()).fail(new Error('away'));
		await expect(failing).rejects.toThrow('away');
		await expectToAsk(setup);
		const deaf = await quiet();
		deaf.hint({ topic: null, inMs: 0 });
		await expectToAsk(deaf);
	});

	test('is asked every time where the engine gives no hints', async () => {
		const silent = { persistence: false, sharing: false, ...DIRECT, hints: false };
		await expectToAsk(await quiet(scripted(silent)));
	});
});
