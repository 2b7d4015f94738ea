import { expect, onTestFinished, test } from 'vitest';
import { handle, handleBatch, isMillraceError, RateLimited, topic } from '../../src/sdk/index.ts';
import { createTestQueue } from '../../src/testing/index.ts';
import { gate } from '../support/gate.ts';

const pay = topic('pay');

function newQueue() {
	const queue = createTestQueue();
	onTestFinished(() => queue.close());
	return queue;
}

/** A handler that works until its signal fires, and tells of its start and of the signal's reason. */
function hanging() {
	const begun = gate();
	const reasons: unknown[] = [];
	const handler = (_: unknown, { signal }: { signal: AbortSignal }) => {
		signal.addEventListener('abort', () => reasons.push(isMillraceError(signal.reason) && signal.reason.code));
		begun.open();
		return new Promise<never>(() => {});
	};
	return { handler, begun: begun.opened, reasons };
}

test('a rate holds by the virtual clock: what it does not allow waits for advance', async () => {
	const queue = newQueue();
	await queue.client.configure(pay, { rate: { limit: 2, perMs: 60_000 } });
	await queue.client.pushMany(pay, [1, 2, 3]);
	const handler = handle(pay, () => {});
	expect(await queue.drain(handler)).toHaveLength(2);
	await queue.advance('59s');
	expect(await queue.drain(handler)).toEqual([]);
	await queue.advance('1s');
	expect(await queue.drain(handler)).toHaveLength(1);
});

test('perform of one that a limit or a pause holds back says why', async () => {
	const queue = newQueue();
	await queue.client.configure(pay, { groups: { rate: { limit: 1, perMs: 60_000 } } });
	const once = () => queue.perform(pay, () => 'done', 1, { group: 'acme', cost: 5 });
	expect(await once()).toMatchObject({ state: 'completed' });
	await expect(once()).rejects.toMatchObject({ code: 'WRONG_STATE' });
	await expect(once()).rejects.toThrow(/the rate limit of group acme opens in 60 s/);
	await queue.client.pause(pay, { for: '10m' });
	await expect(queue.perform(pay, () => {}, 1)).rejects.toThrow(/the topic is paused until 2030-01-01 00:10:00 UTC/);
	await queue.advance('10m');
	expect(await queue.perform(pay, () => 'done', 1)).toMatchObject({ state: 'completed' });
});

test('a handler that is rate limited parks its group, and advance lets it go on', async () => {
	const queue = newQueue();
	let runs = 0;
	const handler = handle(pay, () => {
		if (++runs === 1) throw new RateLimited('30s');
	});
	await queue.client.pushMany(pay, [1, 2], { group: 'acme', maxAttempts: 1 });
	await queue.client.push(pay, 3, { group: 'other' });
	expect(await queue.drain(handler)).toMatchObject([{ state: 'waiting', error: null }, { state: 'completed' }]);
	expect(await queue.client.group(pay, 'acme').status()).toMatchObject({
		parkedUntil: queue.now() + 30_000,
		waiting: 2,
	});
	await queue.advance('30s');
	expect(await queue.drain(handler)).toMatchObject([{ state: 'completed', attempt: 1 }, { state: 'completed' }]);
});

test('a job whose own time is over while its handler is at work is a timeout; the shorter time holds', async () => {
	const queue = newQueue();
	const slow = hanging();
	await queue.client.push(pay, 1, { timeout: '1m', maxAttempts: 1 });
	const draining = queue.drain(handle(pay, slow.handler, { timeout: '5m' }));
	await slow.begun;
	await queue.advance('10m');
	expect(slow.reasons).toEqual(['TIMEOUT']);
	expect(await draining).toMatchObject([{ settled: 'timeout', state: 'dead', reason: 'timeout', error: null }]);
	const [{ id } = { id: '' }] = queue.pushed(pay);
	const history = [{ kind: 'timeout', by: 'test-queue', at: queue.now() }];
	expect(await queue.client.job(pay, id).get()).toMatchObject({ state: 'dead', reason: 'timeout', history });
});

test('a handler’s own timeout that is the shorter one makes a failed attempt, however far the clock jumps', async () => {
	const queue = newQueue();
	const slow = hanging();
	await queue.client.push(pay, 1, { timeout: '5m', maxAttempts: 1 });
	const draining = queue.drain(handle(pay, slow.handler, { timeout: '1m' }));
	await slow.begun;
	await queue.advance('1h');
	expect(await draining).toMatchObject([{ settled: 'ok', state: 'dead', reason: 'timeout' }]);
});

test('cancelling a job whose handler is at work fires its signal and drops what it does', async () => {
	const queue = newQueue();
	const slow = hanging();
	const job = await queue.client.push(pay, 1);
	const draining = queue.drain(handle(pay, slow.handler));
	await slow.begun;
	await job.cancel({ actor: 'ada', reason: 'twice' });
	expect(await draining).toMatchObject([{ settled: 'cancelled', state: 'cancelled', result: undefined }]);
	expect(slow.reasons).toEqual(['JOB_CANCELLED']);
	await expect(job.result({ timeout: 0 })).rejects.toThrow(/cancelled by ada: twice/);
	expect((await queue.drain(handle(pay, () => {}))).length).toBe(0);
});

test('a job that is not started within its ttl is dead', async () => {
	const queue = newQueue();
	const job = await queue.client.push(pay, 1, { ttl: '1m', delay: '1h' });
	await queue.advance('1h');
	expect((await job.get())?.state).toBe('waiting');
	await queue.advance('1m');
	expect(await job.get()).toMatchObject({ state: 'dead', reason: 'expired' });
});

test('a job whose workers vanish is dead after maxCrashes, and its history names them', async () => {
	const queue = newQueue();
	const job = await queue.client.push(pay, 1, { maxCrashes: 2, maxAttempts: 10 });
	for (let n = 0; n < 2; n++) {
		queue.crashNext(pay);
		await queue.drain(handle(pay, () => {}));
		await queue.advance('30s');
	}
	expect(await job.get()).toMatchObject({
		...{ state: 'dead', reason: 'crashed', crashes: 2 },
		history: [
			{ kind: 'crashed', attempt: 2, by: 'test-queue' },
			{ kind: 'crashed', attempt: 1, by: 'test-queue' },
		],
	});
});

test('a group with a limit of one keeps its order while a job of it waits for its next attempt', async () => {
	const queue = newQueue();
	await queue.client.configure(pay, { groups: { concurrency: 1 } });
	const order: unknown[] = [];
	const handler = handle(pay, ({ data }, { attempt }) => {
		order.push(data);
		if (data === 1 && attempt === 1) throw new Error('once');
	});
	await queue.client.pushMany(pay, [1, 2], { group: 'acme' });
	await queue.drain(handler);
	await queue.advance('1s');
	await queue.drain(handler);
	expect(order).toEqual([1, 1, 2]);
});

test('pushed shows jobs: one that met another with its key is that job, with what the push changed', async () => {
	const queue = newQueue();
	const push = (data: number, onConflict: 'keep' | 'replace' | 'debounce', delay: '1m' | '2m' | '3m') =>
		queue.client.push(pay, data, { delay, tags: [`t${data}`], priority: data, unique: { key: 'k', onConflict } });
	await push(1, 'keep', '1m');
	await push(2, 'keep', '2m');
	expect(queue.pushed(pay)).toMatchObject([{ data: 1, delayMs: 60_000, tags: ['t1'] }]);
	await push(2, 'replace', '2m');
	expect(queue.pushed(pay)).toMatchObject([{ data: 2, delayMs: 60_000, tags: ['t2'], priority: 1 }]);
	const { id } = await push(3, 'debounce', '3m');
	expect(queue.pushed(pay)).toMatchObject([{ id, data: 3, delayMs: 180_000, priority: 1, unique: { key: 'k' } }]);
});

test('a child knows the job that it came of', async () => {
	const queue = newQueue();
	const ran = await queue.perform(pay, async (_, ctx) => void (await ctx.push('mail', 'receipt')), 1);
	expect(queue.expectPushed('mail')).toMatchObject({ parent: ran.id });
});

test('a batch in which one job runs out of its time is run on for the others', async () => {
	const queue = newQueue();
	const finish = gate();
	const begun = gate();
	await queue.client.push(pay, 'short', { timeout: '1m', maxAttempts: 1 });
	await queue.client.push(pay, 'long');
	const batch = handleBatch(pay, () => {
		begun.open();
		return finish.opened;
	});
	const draining = queue.drain(batch);
	await begun.opened;
	await queue.advance('1m');
	finish.open();
	expect((await draining).map(({ settled, state }) => [settled, state])).toEqual([
		['timeout', 'dead'],
		['ok', 'completed'],
	]);
});
