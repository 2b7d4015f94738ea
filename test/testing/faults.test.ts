import { expect, onTestFinished, test } from 'vitest';
import { handle, topic } from '../../src/sdk/index.ts';
import { createTestQueue } from '../../src/testing/index.ts';

const pay = topic('pay');

function newQueue() {
	const queue = createTestQueue();
	onTestFinished(() => queue.close());
	return queue;
}

test('crashNext: the work is done, nobody knows, and the job comes again once its lease has run out', async () => {
	const queue = newQueue();
	const attempts: number[] = [];
	const handler = handle(pay, (_, ctx) => void attempts.push(ctx.attempt));
	await queue.client.push(pay, 1);
	queue.crashNext(pay);
	expect(await queue.drain(handler)).toMatchObject([{ settled: 'crashed', state: 'active', attempt: 1 }]);
	await queue.advance('29s');
	expect(await queue.drain(handler)).toEqual([]);
	await queue.advance('1s');
	expect(await queue.drain(handler)).toMatchObject([{ settled: 'ok', state: 'completed', attempt: 2 }]);
	expect(attempts).toEqual([1, 2]);
});

test('crashNext at the start: the handler is not called; the last attempt ends as dead', async () => {
	const queue = newQueue();
	queue.crashNext(pay, { at: 'start' });
	const crashed = await queue.perform(pay, () => expect.unreachable(), 1, { maxAttempts: 1 });
	expect(crashed).toMatchObject({ settled: 'crashed', state: 'active' });
	await queue.advance('30s');
	expect(await queue.client.job(pay, crashed.id).get()).toMatchObject({ state: 'dead', reason: 'crashed' });
});

test('a crash hits the next job of its topic and no other', async () => {
	const queue = newQueue();
	queue.crashNext('other');
	expect(await queue.perform(pay, () => {}, 1)).toMatchObject({ settled: 'ok' });
	queue.crashNext(pay);
	expect(await queue.perform(pay, () => {}, 1)).toMatchObject({ settled: 'crashed' });
	expect(await queue.perform(pay, () => {}, 1)).toMatchObject({ settled: 'ok' });
});

test('deliverTwice: both runs overlap, the first outcome is refused, the second stands', async () => {
	const queue = newQueue();
	let running = 0;
	let most = 0;
	const handler = handle(pay, async (_, ctx) => {
		most = Math.max(most, ++running);
		// Stays at work until the other one has begun.
		while (most < 2) await new Promise((resolve) => setImmediate(resolve));
		running--;
		return ctx.attempt;
	});
	const job = await queue.client.push(pay, 1);
	queue.deliverTwice(pay);
	const ran = await queue.drain(handler);
	expect(ran.map(({ attempt, settled }) => [attempt, settled])).toEqual([
		[1, 'stale'],
		[2, 'ok'],
	]);
	expect(most).toBe(2);
	expect(await job.result({ timeout: 0 })).toBe(2);
});

test('close ends both runs of a job that was delivered twice', async () => {
	const queue = createTestQueue();
	const signals: AbortSignal[] = [];
	const hang = handle(pay, (_, ctx) => {
		signals.push(ctx.signal);
		return new Promise(() => {});
	});
	await queue.client.push(pay, 1);
	queue.deliverTwice(pay);
	const draining = queue.drain(hang);
	while (signals.length < 2) await new Promise((resolve) => setImmediate(resolve));
	await queue.advance('10m');
	expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
	await queue.close();
	expect((await draining).map(({ settled }) => settled)).toEqual(['stale', 'ok']);
	expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});

test('deliverTwice on the only attempt: dead, and the outcome refused', async () => {
	const queue = newQueue();
	queue.deliverTwice(pay);
	const ran = await queue.perform(pay, () => 'done', 1, { maxAttempts: 1 });
	expect(ran).toMatchObject({ settled: 'stale', state: 'dead', reason: 'crashed', result: undefined });
});

test('loseReply push: one job, whose answer is as if nothing had happened', async () => {
	const queue = newQueue();
	queue.loseReply('push');
	const job = await queue.client.push(pay, 1);
	expect(job.created).toBe(true);
	queue.loseReply('push');
	expect((await queue.client.push(pay, 2, { idempotencyKey: 'k' })).created).toBe(false);
	expect(queue.pushed(pay).map(({ data }) => data)).toEqual([1, 2]);
	expect((await queue.client.topic(pay))?.counts.waiting).toBe(2);
});

test('loseReply push hits what a handler pushes, not the job of perform itself', async () => {
	const queue = newQueue();
	queue.loseReply('push');
	await queue.perform(pay, async (_, ctx) => void (await ctx.push('mail', 'receipt')), 1);
	expect(queue.pushed('mail')).toHaveLength(1);
	expect(queue.pushed(pay)).toEqual([]);
});

test('loseReply take: the same delivery, no attempt lost', async () => {
	const queue = newQueue();
	await queue.client.push(pay, 1);
	queue.loseReply('take');
	const handler = handle(pay, () => {});
	expect(await queue.drain(handler)).toMatchObject([{ settled: 'ok', attempt: 1, token: 1 }]);
});

test('loseReply settle: the outcome stands although its repetition is refused', async () => {
	const queue = newQueue();
	queue.loseReply('settle');
	expect(await queue.perform(pay, () => 'done', 1)).toMatchObject({
		settled: 'stale',
		state: 'completed',
		result: 'done',
	});
});

test('a worker of the client itself runs on the same queue', async () => {
	const queue = newQueue();
	queue.client.work(pay, ({ data }) => data);
	const job = await queue.client.push(pay, 1, { delay: '1h' });
	await queue.advance('1h');
	expect(await job.result()).toBe(1);
});
