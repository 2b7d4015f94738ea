import { expect, onTestFinished, test } from 'vitest';
import type { TakenJob } from '../../src/core/job.ts';
import type { TakeRequest } from '../../src/engine/engine.ts';
import { WaitingTakes } from '../../src/engine/waiting.ts';
import { stubEngine } from '../support/stub-engine.ts';
import { until } from '../support/wait.ts';

const REQUEST: TakeRequest = { topics: ['emails'], max: 1, leaseMs: 1_000 };
const WAIT = { waitMs: 20_000 };
const JOB = { id: 'emails:1' } as TakenJob;

/** WaitingTakes over an engine whose takes the test answers one by one. */
function scripted() {
	const asked: { request: TakeRequest; answer: (jobs: TakenJob[]) => void; fail: (error: Error) => void }[] = [];
	const stub = stubEngine({
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

test('after hints may have been missed every waiter asks', async () => {
	const { waiting, next, hint } = scripted();
	const takings = [0, 1].map(() => waiting.take(REQUEST, WAIT));
	for (let i = 0; i < 2; i++) (await next()).answer([]);
	await settled();
	hint({ topic: null, inMs: 0 });
	(await next()).answer([]);
	(await next()).answer([JOB]);
	expect(await takings[1]).toEqual([JOB]);
});

test('a take that fails fails its waiter and leaves the others in line', async () => {
	const { waiting, next, hint } = scripted();
	const first = waiting.take(REQUEST, WAIT);
	(await next()).answer([]);
	const second = waiting.take(REQUEST, WAIT);
	(await next()).answer([]);
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
