import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { handle, handleBatch, Kill, RetryAt, topic } from '../../src/sdk/index.ts';
import { createTestQueue, type TestQueueOptions } from '../../src/testing/index.ts';

const greet = topic('greet', { input: z.object({ name: z.string() }), output: z.string() });
const emails = topic('emails', { input: z.object({ to: z.string(), tags: z.array(z.string()).optional() }) });

function newQueue(options: TestQueueOptions = {}) {
	const queue = createTestQueue(options);
	onTestFinished(() => queue.close());
	return queue;
}

test('perform runs one handler for one job and says what became of it', async () => {
	const queue = newQueue();
	const ran = await queue.perform(greet, ({ data }) => `Hello, ${data.name}!`, { name: 'Ada' });
	expect(ran).toMatchObject({ state: 'completed', result: 'Hello, Ada!', error: null, attempt: 1, settled: 'ok' });
});

test('perform: data that the schema refuses never become a job', async () => {
	const queue = newQueue();
	const wrong = { name: 7 } as unknown as { name: string };
	await expect(queue.perform(greet, () => 'x', wrong)).rejects.toMatchObject({ code: 'INVALID' });
});

test('perform: a throw leaves the job delayed by its backoff without jitter, and drain takes it further', async () => {
	const queue = newQueue();
	let runs = 0;
	const handler = () => {
		if (++runs === 1) throw new TypeError('not yet');
		return 'done';
	};
	const ran = await queue.perform(greet, handler, { name: 'Ada' });
	expect(ran).toMatchObject({ state: 'delayed', attempt: 1, error: { name: 'TypeError', message: 'not yet' } });
	const job = queue.client.job(greet, ran.id);
	expect((await job.get())?.runAt).toBe(queue.now() + 1_000);
	await queue.advance(999);
	expect(await queue.drain(handle(greet, handler))).toEqual([]);
	await queue.advance(1);
	expect(await queue.drain([handle(greet, handler)])).toMatchObject([{ state: 'completed', attempt: 2, error: null }]);
	expect(await job.result({ timeout: 0 })).toBe('done');
});

test('perform: attempt lets the last run fail for good; one that the job does not have is refused', async () => {
	const queue = newQueue();
	const fail = () => {
		throw new Error('never');
	};
	const ran = await queue.perform(greet, fail, { name: 'Ada' }, { attempt: 3, maxAttempts: 3 });
	expect(ran).toMatchObject({ state: 'dead', reason: 'failed', attempt: 3, result: undefined });
	for (const attempt of [0, 1.5, 4, Number.NaN]) {
		const options = { attempt, maxAttempts: 3 };
		await expect(queue.perform(greet, fail, { name: 'Ada' }, options)).rejects.toMatchObject({ code: 'INVALID' });
	}
});

test('perform goes before what waits and leaves that in its order; a paused topic gives nothing', async () => {
	const queue = newQueue();
	for (const to of ['a', 'b', 'c']) await queue.client.push(emails, { to });
	await queue.perform(emails, () => {}, { to: 'x' });
	const seen: string[] = [];
	await queue.drain(handle(emails, ({ data }) => void seen.push(data.to)));
	expect(seen).toEqual(['a', 'b', 'c']);
	await queue.client.pause(emails);
	await expect(queue.perform(emails, () => {}, { to: 'x' })).rejects.toMatchObject({ code: 'WRONG_STATE' });
});

test('drain runs what jobs push as well, until nothing is left; delayed jobs stay', async () => {
	const queue = newQueue();
	const registrations = [
		handle(greet, async ({ data }, ctx) => {
			await ctx.push(emails, { to: data.name });
			await ctx.push(emails, { to: 'later' }, { delay: '1h' });
			return 'ok';
		}),
		handle(emails, () => {}),
	];
	await queue.client.push(greet, { name: 'Ada' });
	const ran = await queue.drain(registrations);
	expect(ran.map((run) => [run.topic, run.state])).toEqual([
		['greet', 'completed'],
		['emails', 'completed'],
	]);
	await queue.advance('1h');
	expect(await queue.drain(registrations)).toHaveLength(1);
});

test('drain: batches, one handler a topic, jobs that no longer parse, and an end to endless ones', async () => {
	const queue = newQueue();
	await queue.client.pushMany('greet', [{ name: 'Ada' }, { name: 'Bob' }, 'no name']);
	const sizes: number[] = [];
	const batch = handleBatch(greet, (jobs) => void sizes.push(jobs.length));
	const ran = await queue.drain(batch);
	expect(sizes).toEqual([2]);
	expect(ran.map(({ state, reason }) => reason ?? state).sort()).toEqual(['completed', 'completed', 'invalid_payload']);
	await expect(queue.drain([batch, batch])).rejects.toMatchObject({ code: 'INVALID' });
	await queue.client.push(greet, { name: 'Ada' });
	const endless = handle(greet, (_, ctx) => ctx.snooze(0));
	await expect(queue.drain(endless, { limit: 20 })).rejects.toThrow('more than 20 runs');
});

test('steering by the virtual clock: snooze, RetryAt, Kill', async () => {
	const queue = newQueue({ now: new Date('2031-05-01T00:00:00Z') });
	expect(queue.now()).toBe(Date.parse('2031-05-01T00:00:00Z'));
	const snoozed = await queue.perform(greet, (_, ctx) => ctx.snooze('5m'), { name: 'Ada' });
	expect((await queue.client.job(greet, snoozed.id).get())?.runAt).toBe(queue.now() + 300_000);
	const at = queue.now() + 86_400_000;
	const later = () => {
		throw new RetryAt(at);
	};
	const retried = await queue.perform(greet, later, { name: 'Ada' });
	expect((await queue.client.job(greet, retried.id).get())?.runAt).toBe(at);
	const kill = () => {
		throw new Kill('no_such_user');
	};
	expect(await queue.perform(greet, kill, { name: 'Ada' })).toMatchObject({ state: 'dead', reason: 'no_such_user' });
});

test('advance: a running handler keeps its lease, and one past its timeout is ended', async () => {
	const queue = newQueue();
	let signal = AbortSignal.abort();
	const started = resolvers();
	const hang = handle(
		greet,
		(_, ctx) => {
			signal = ctx.signal;
			started.resolve(undefined);
			return new Promise<string>(() => {});
		},
		{ timeout: '5m' },
	);
	await queue.client.push(greet, { name: 'Ada' });
	const draining = queue.drain(hang);
	await started.promise;
	await queue.advance('4m');
	expect(signal.aborted).toBe(false);
	await queue.advance('1m');
	expect(signal.aborted).toBe(true);
	expect(await draining).toMatchObject([{ settled: 'ok', state: 'delayed', error: { name: 'MillraceError' } }]);
});

test('advance moves retention on, and refuses what is no duration', async () => {
	const queue = newQueue();
	await queue.client.configure(greet, { completed: { count: 10, ageMs: 60_000 } });
	const { id } = await queue.perform(greet, () => 'x', { name: 'Ada' });
	await queue.advance('2m');
	expect(await queue.client.job(greet, id).get()).toBeNull();
	await expect(queue.advance('soon' as '1s')).rejects.toMatchObject({ code: 'INVALID' });
});

test('settings hold at once', async () => {
	const queue = newQueue();
	await queue.client.push(emails, { to: 'a' });
	await queue.client.configure(emails, { maxAttempts: 1 });
	await queue.client.push(emails, { to: 'b' });
	expect(queue.pushed(emails).map(({ maxAttempts }) => maxAttempts)).toEqual([4, 1]);
});

test('the same test gives the same ids, times and order every time', async () => {
	const story = async () => {
		const queue = newQueue({ now: 1_000_000 });
		const failing = handle(greet, () => {
			throw new Error('no');
		});
		for (const name of ['a', 'b']) await queue.client.push(greet, { name });
		const runs = [];
		for (let n = 0; n < 4; n++) {
			runs.push(...(await queue.drain(failing)));
			await queue.advance('1m');
		}
		return runs.map(({ error: _, ...rest }) => rest);
	};
	expect(await story()).toEqual(await story());
});

test('close ends handlers that are at work', async () => {
	const queue = createTestQueue();
	const started = resolvers();
	const wait = handle(greet, (_, ctx) => {
		started.resolve(undefined);
		return new Promise<string>((_resolve, reject) => ctx.signal.addEventListener('abort', reject));
	});
	await queue.client.push(greet, { name: 'Ada' });
	const draining = queue.drain(wait);
	await started.promise;
	await queue.close();
	expect(await draining).toMatchObject([{ settled: 'ok', state: 'waiting' }]);
	await expect(queue.client.push(greet, { name: 'Ada' })).rejects.toMatchObject({ code: 'CLOSED' });
});

function resolvers() {
	let resolve: (value: unknown) => void = () => {};
	const promise = new Promise<unknown>((done) => {
		resolve = done;
	});
	return { promise, resolve };
}
