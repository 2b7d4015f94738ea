import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { handle, handleBatch, isMillraceError, Kill, RetryAt, Snooze, topic } from '../../src/sdk/index.ts';
import { gate } from '../support/gate.ts';
import { connected, freshTopic, STORES } from '../support/stores.ts';
import { until } from '../support/wait.ts';

const QUICK = { maxAttempts: 3, backoff: { type: 'fixed', delay: 1 } } as const;

describe.each(STORES)('a worker on $name', ({ url }) => {
	/** A client and a topic that nobody else uses. */
	async function fresh() {
		return { client: connected(await url()), name: freshTopic() };
	}

	test('runs up to `concurrency` handlers at once and never more', async () => {
		const { client, name } = await fresh();
		let now = 0;
		let most = 0;
		let done = 0;
		const all = gate();
		await client.pushMany(name, [...Array(60).keys()]);
		const full = gate();
		client.work(
			name,
			async () => {
				now++;
				most = Math.max(most, now);
				if (now === 7) full.open();
				await full.opened;
				await pause(2);
				now--;
				if (++done === 60) all.open();
			},
			{ concurrency: 7 },
		);
		await all.opened;
		expect(most).toBe(7);
	});

	test('works on several topics, each with its handler, and they share its concurrency', async () => {
		const { client } = await fresh();
		const topics = [freshTopic('a'), freshTopic('b'), freshTopic('c')].map((name) => topic(name));
		const jobs = await Promise.all(topics.map((one) => client.push(one, one.name)));
		let now = 0;
		let most = 0;
		const registrations = topics.map((one) =>
			handle(one, async ({ data, topic: name }) => {
				most = Math.max(most, ++now);
				await pause(5);
				now--;
				return [data, name];
			}),
		);
		client.workAll(registrations, { concurrency: 1 });
		const results = await Promise.all(jobs.map((job) => job.result()));
		expect(results).toEqual(topics.map(({ name }) => [name, name]));
		expect(most).toBe(1);
	});

	test('gives a batch handler up to `size` jobs, each with an outcome of its own', async () => {
		const { client, name } = await fresh();
		const numbers = topic(name, { input: z.number(), output: z.number() });
		const jobs = await client.pushMany(numbers, [0, 1, 2, 3, 4], { maxAttempts: 1 });
		const sizes: number[] = [];
		client.workBatch(
			numbers,
			(batch) => {
				sizes.push(batch.length);
				for (const job of batch) {
					if (job.data === 0) job.done(10);
					if (job.data === 1) job.fail(new Error('no'));
					if (job.data === 2) job.fail(new Kill('unwanted'));
					if (job.data === 4) job.done(14);
				}
			},
			{ size: 4, maxWait: '50ms' },
		);
		const ends = await until(async () => {
			const found = await Promise.all(jobs.map((job) => job.get()));
			return found.every((job) => job?.state === 'completed' || job?.state === 'dead') ? found : null;
		});
		expect(ends.map((job) => [job?.state, job?.reason, job?.result])).toEqual([
			['completed', null, '10'],
			['dead', 'failed', null],
			['dead', 'unwanted', null],
			['completed', null, null],
			['completed', null, '14'],
		]);
		expect(Math.max(...sizes)).toBeLessThanOrEqual(4);
	});

	test('a batch handler that throws fails only the jobs of which it had said nothing', async () => {
		const { client, name } = await fresh();
		const jobs = await client.pushMany(name, [0, 1], { maxAttempts: 1 });
		client.workBatch(
			name,
			(batch) => {
				for (const job of batch) if (job.data === 0) job.done('kept');
				throw new Error('half way');
			},
			{ size: 2, maxWait: '1s' },
		);
		await expect(jobs[1]?.result()).rejects.toMatchObject({ code: 'JOB_DEAD' });
		expect(await jobs[0]?.result()).toBe('kept');
	});

	test('a snooze runs the job again later and uses no attempt', async () => {
		const { client, name } = await fresh();
		const job = await client.push(name, null, { maxAttempts: 1 });
		const runs: [number, number][] = [];
		client.work(name, (_, { attempt, token, snooze }) => {
			runs.push([attempt, token]);
			if (runs.length === 1) snooze('20ms');
			if (runs.length === 2) throw new Snooze(0);
			return runs.length;
		});
		expect(await job.result()).toBe(3);
		expect(runs).toEqual([
			[1, 1],
			[1, 2],
			[1, 3],
		]);
	});

	test('a kill is the end, with its reason where that is one word', async () => {
		const { client, name } = await fresh();
		const jobs = await client.pushMany(name, ['word', 'text', 'context'], { maxAttempts: 5 });
		let runs = 0;
		client.work(name, ({ data }, { kill }) => {
			runs++;
			if (data === 'word') throw new Kill('no_such_user');
			if (data === 'context') kill('given_up');
			throw new Kill('There is no such user');
		});
		for (const job of jobs) await expect(job.result()).rejects.toMatchObject({ code: 'JOB_DEAD' });
		const ends = await Promise.all(jobs.map((job) => job.get()));
		expect(ends.map((job) => job?.reason)).toEqual(['no_such_user', 'killed', 'given_up']);
		expect(JSON.parse(ends[1]?.error ?? '')).toMatchObject({ name: 'Kill', message: 'There is no such user' });
		expect(runs).toBe(3);
	});

	test('RetryAt decides when the next attempt begins', async () => {
		const { client, name } = await fresh();
		const job = await client.push(name, null, { maxAttempts: 2, backoff: { type: 'fixed', delay: '1h' } });
		let at = 0;
		client.work(name, (_, { attempt }) => {
			if (attempt === 2) return Date.now();
			at = Date.now() + 100;
			throw new RetryAt(new Date(at));
		});
		// The store's clock and this one may differ by what a round trip takes.
		expect(await job.result()).toBeGreaterThanOrEqual(at - 5);
	});

	test('a throw is tried again by the backoff until the attempts are used up', async () => {
		const { client, name } = await fresh();
		const job = await client.push(name, null, QUICK);
		const attempts: number[] = [];
		client.work(name, (_, { attempt }) => {
			attempts.push(attempt);
			throw new TypeError(`failed ${attempt}`);
		});
		await expect(job.result()).rejects.toMatchObject({ code: 'JOB_DEAD' });
		expect(attempts).toEqual([1, 2, 3]);
		const end = await job.get();
		expect(end?.reason).toBe('failed');
		const error = JSON.parse(end?.error ?? '');
		expect(error).toMatchObject({ name: 'TypeError', message: 'failed 3' });
		expect(error.stack).toContain('worker.test.ts');
	});

	test('a payload that no longer fits the schema is dead at once, and its handler is not called', async () => {
		const { client, name } = await fresh();
		const job = await client.push(name, { n: 'one' }, { maxAttempts: 5 });
		let runs = 0;
		client.work(topic(name, { input: z.object({ n: z.number() }) }), () => {
			runs++;
		});
		await expect(job.result()).rejects.toMatchObject({ code: 'JOB_DEAD' });
		const end = await job.get();
		expect([end?.state, end?.reason, end?.attempt]).toEqual(['dead', 'invalid_payload', 1]);
		expect(JSON.parse(end?.error ?? '').message).toContain(' at n');
		expect(runs).toBe(0);
	});

	test('a result that does not fit the output schema is a failed attempt', async () => {
		const { client, name } = await fresh();
		const typed = topic(name, { output: z.number() });
		const job = await client.push(typed, null, QUICK);
		client.work(typed, (_, { attempt }) => (attempt === 1 ? ('one' as unknown as number) : 2));
		expect(await job.result()).toBe(2);
		expect((await job.get())?.attempt).toBe(2);
	});

	test('a child that a run pushed is not doubled by the run that repeats it', async () => {
		const { client, name } = await fresh();
		const child = freshTopic('child');
		const job = await client.push(name, null, QUICK);
		client.work(name, async (_, context) => {
			const first = await context.push(child, 'a');
			const second = await context.push(child, 'b');
			if (context.attempt === 1) throw new Error('after the push');
			return [first, second].map(({ id, created }) => ({ id, created }));
		});
		const children = await job.result();
		expect(children).toMatchObject([{ created: false }, { created: false }]);
		expect((await client.topic(child))?.counts.waiting).toBe(2);
	});

	test('a child with other data on the second run is another job, and no mistake of the handler', async () => {
		const { client, name } = await fresh();
		const child = freshTopic('child');
		const job = await client.push(name, null, QUICK);
		client.work(name, async (_, context) => {
			await context.push(child, context.attempt);
			if (context.attempt === 1) throw new Error('after the push');
		});
		await job.result();
		expect((await client.topic(child))?.counts.waiting).toBe(2);
	});

	test('a handler that never settles loses its slot at its timeout, and the other jobs go on', async () => {
		const { client, name } = await fresh();
		const jobs = await client.pushMany(name, ['hang', 'hang', 'go', 'go'], { maxAttempts: 1 });
		const reasons: unknown[] = [];
		const worker = client.work(
			name,
			({ data }, { signal }) => {
				if (data === 'go') return 'done';
				signal.addEventListener('abort', () => reasons.push(signal.reason));
				return new Promise(() => {});
			},
			{ concurrency: 2, timeout: '50ms' },
		);
		expect(await Promise.all(jobs.slice(2).map((job) => job.result()))).toEqual(['done', 'done']);
		for (const job of jobs.slice(0, 2)) await expect(job.result()).rejects.toThrow(/at work after 50 ms/);
		expect(reasons.map((reason) => isMillraceError(reason) && reason.code)).toEqual(['TIMEOUT', 'TIMEOUT']);
		expect(worker.health().running).toBe(0);
		await worker.close({ grace: '30s' });
	});

	test('a batch with a timeout is treated alike', async () => {
		const { client, name } = await fresh();
		const jobs = await client.pushMany(name, [0, 1], { maxAttempts: 1 });
		const registration = handleBatch(
			topic(name),
			(batch) => {
				batch[0]?.done('in time');
				return new Promise<void>(() => {});
			},
			{ size: 2, maxWait: '1s', timeout: '50ms' },
		);
		const worker = client.workAll([registration]);
		expect(await jobs[0]?.result()).toBe('in time');
		await expect(jobs[1]?.result()).rejects.toThrow(/at work after 50 ms/);
		await worker.close({ grace: '30s' });
	});
});
