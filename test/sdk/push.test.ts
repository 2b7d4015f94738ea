import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { connect, type PushOptions, topic } from '../../src/sdk/index.ts';
import { connected, freshTopic, STORES } from '../support/stores.ts';
import { stubEngine } from '../support/stub-engine.ts';
import { until } from '../support/wait.ts';

describe.each(STORES)('push on $name', ({ url }) => {
	test('stores a job with what its options say', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const job = await client.push(
			name,
			{ n: 1 },
			{
				...{ delay: '10m', priority: 5, group: 'tenant', maxAttempts: 7 },
				backoff: { type: 'exponential', delay: '2s', max: '1m', jitter: 0.5 },
			},
		);
		expect(job.created).toBe(true);
		const stored = await job.get();
		expect(stored).toMatchObject({
			...{ id: job.id, topic: name, state: 'delayed', data: '{"n":1}', priority: 5, group: 'tenant', maxAttempts: 7 },
			backoff: { type: 'exponential', delayMs: 2_000, maxMs: 60_000, jitter: 0.5 },
		});
		expect(Math.abs((stored?.runAt ?? 0) - (stored?.createdAt ?? 0) - 600_000)).toBeLessThan(1_000);
	});

	test('tells what a push has reached, asked for or not', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const [plain] = await client.pushMany(name, [1, 2]);
		const asked = await client.push(name, 3, { durability: 'replicated' });
		// These stores are on one machine.
		expect(['memory', 'fsynced']).toContain(plain?.durability);
		expect(asked.durability).toBe(plain?.durability);
		expect(client.job(name, asked.id).durability).toBeUndefined();
	});

	test('stores the terms of a job, durations in ms', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const parent = await client.push(freshTopic(), null);
		const job = await client.push(name, null, {
			...{ cost: 5, timeout: '30s', ttl: '1h', retryFor: '2h', maxCrashes: 2, onRetry: 'requeue', tags: ['vip', 'eu'] },
			...{ parent: parent.id, unique: { key: 'k', scope: { window: '1m' }, onConflict: 'debounce' } },
		});
		expect(await job.get()).toMatchObject({
			...{ cost: 5, timeoutMs: 30_000, ttlMs: 3_600_000, retryForMs: 7_200_000, maxCrashes: 2, onRetry: 'requeue' },
			...{ tags: ['vip', 'eu'], parent: parent.id },
			unique: { key: 'k', scope: { windowMs: 60_000 }, onConflict: 'debounce' },
		});
		const plain = await client.push(name, null, { unique: { key: 'other' } });
		expect((await plain.get())?.unique).toEqual({ key: 'other', scope: 'unfinished', onConflict: 'keep' });
	});

	test('stores a job with the defaults where nothing is said', async () => {
		const client = connected(await url());
		const stored = await (await client.push(freshTopic(), null)).get();
		expect(stored).toMatchObject({ state: 'waiting', priority: 0, group: null, maxAttempts: 4, backoff: null });
	});

	test('runAt is an instant, as a date or a number', async () => {
		const client = connected(await url());
		const at = Date.now() + 3_600_000;
		for (const runAt of [at, new Date(at)]) {
			expect(await (await client.push(freshTopic(), null, { runAt })).get()).toMatchObject({
				state: 'delayed',
				runAt: at,
			});
		}
	});

	test('the input form is stored, so a transform runs once, in the worker', async () => {
		const client = connected(await url());
		let transforms = 0;
		const input = z.object({
			at: z.string().transform((text) => {
				transforms++;
				return new Date(text);
			}),
		});
		const meet = topic(freshTopic(), {
			input,
			output: z
				.date()
				.transform((date) => date.getTime())
				.or(z.string()),
		});
		const job = await client.push(meet, { at: '2030-01-02T03:04:05.000Z' });
		expect((await job.get())?.data).toBe('{"at":"2030-01-02T03:04:05.000Z"}');
		const before = transforms;
		client.work(meet, ({ data }) => data.at.toISOString());
		expect(await job.result()).toBe('2030-01-02T03:04:05.000Z');
		expect(transforms - before).toBe(1);
	});

	test('200 parallel pushes under one key make one job, and every answer names it', async () => {
		const clients = [connected(await url())];
		const name = freshTopic();
		const push = () => clients[0]?.push(name, { n: 1 }, { idempotencyKey: 'order-1', delay: '1h' });
		const jobs = await Promise.all(Array.from({ length: 200 }, push));
		expect(new Set(jobs.map((job) => job?.id)).size).toBe(1);
		expect(jobs.filter((job) => job?.created)).toHaveLength(1);
		expect((await clients[0]?.topic(name))?.counts).toMatchObject({ waiting: 0, delayed: 1 });
	});

	test('another push under the same key is a conflict and stores nothing', async () => {
		const client = connected(await url());
		const name = freshTopic();
		await client.push(name, 1, { idempotencyKey: 'k' });
		await expect(client.push(name, 2, { idempotencyKey: 'k' })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
		await expect(client.push(name, 1, { idempotencyKey: 'k', priority: 1 })).rejects.toThrow(/"k"/);
		expect((await client.topic(name))?.counts.waiting).toBe(1);
	});

	test('pushMany stores all jobs in order, and a repetition names them all', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const data = [...Array(1_000).keys()];
		const jobs = await client.pushMany(name, data, { idempotencyKey: 'many' });
		expect(jobs).toHaveLength(1_000);
		expect((await jobs[999]?.get())?.data).toBe('999');
		const again = await client.pushMany(name, data, { idempotencyKey: 'many' });
		expect(again.map(({ id }) => id)).toEqual(jobs.map(({ id }) => id));
		expect(again.some(({ created }) => created)).toBe(false);
	});

	test('result() gives what the handler returned, and null for nothing', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const jobs = await client.pushMany(name, [{ deep: ['x', 1.5, null] }, 'nothing']);
		client.work(name, ({ data }) => (data === 'nothing' ? undefined : data));
		expect(await Promise.all(jobs.map((job) => job.result()))).toEqual([{ deep: ['x', 1.5, null] }, null]);
	});

	test('result() fails with TIMEOUT for a job that has not ended, and leaves it alone', async () => {
		const client = connected(await url());
		const job = await client.push(freshTopic(), null);
		const began = performance.now();
		await expect(job.result({ timeout: '100ms' })).rejects.toMatchObject({ code: 'TIMEOUT' });
		expect(performance.now() - began).toBeLessThan(2_000);
		expect((await job.get())?.state).toBe('waiting');
	});

	test('result() fails with JOB_DEAD and the reason for a job that has died', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const job = await client.push(name, null, { maxAttempts: 1 });
		client.work(name, () => {
			throw new Error('broken beyond repair');
		});
		await expect(job.result()).rejects.toMatchObject({ code: 'JOB_DEAD' });
		await expect(job.result()).rejects.toThrow(/failed.*broken beyond repair/);
	});

	test('result() fails with NOT_FOUND for a job that the store has let go', async () => {
		const client = connected(await url());
		const name = freshTopic();
		await client.configure(name, { completed: { count: 0, ageMs: 0 } });
		const job = await client.push(name, null);
		client.work(name, () => 'gone');
		await until(async () => (await job.get()) === null, { what: 'the job to be pruned' });
		await expect(job.result()).rejects.toMatchObject({ code: 'NOT_FOUND' });
	});

	test('a job is found again by its id', async () => {
		const client = connected(await url());
		const numbers = topic(freshTopic(), { output: z.number() });
		const { id } = await client.push(numbers, null);
		client.work(numbers, () => 42);
		const result: number = await client.job(numbers, id).result();
		expect(result).toBe(42);
	});

	test('a paused topic gives no jobs until it is resumed', async () => {
		const client = connected(await url());
		const name = freshTopic();
		await client.pause(name);
		const job = await client.push(name, null);
		client.work(name, () => 'done');
		await expect(job.result({ timeout: '300ms' })).rejects.toMatchObject({ code: 'TIMEOUT' });
		await client.resume(name);
		expect(await job.result()).toBe('done');
	});
});

describe('refused before anything is sent', () => {
	/** A client whose store fails the test when it is asked for anything but settings. */
	function untouched() {
		const sent: unknown[] = [];
		const stub = stubEngine({
			...{ open: async () => {}, close: async () => {}, getTopics: async () => [null] },
			push: async (batches) => {
				sent.push(batches);
				return [];
			},
			getJobs: async (ids) => {
				sent.push(ids);
				return ids.map(() => null);
			},
			putTopic: async (_, patch) => {
				sent.push(patch);
				return {};
			},
		});
		return { client: connected(stub.engine), sent };
	}

	const cyclic: Record<string, unknown> = {};
	cyclic.self = cyclic;
	const user = topic('users', { input: z.object({ name: z.string(), age: z.number().int() }) });

	test.each([
		['the wrong type', { name: 'Ada', age: '36' }, 'age'],
		['a missing field', { age: 36 }, 'name'],
		['a BigInt', { name: 'Ada', age: 36n }, 'age'],
		['a cycle', { name: cyclic, age: 36 }, 'name'],
	])('data with %s, by the schema, which names the field', async (_, data, field) => {
		const { client, sent } = untouched();
		const push = client.push(user, data as unknown as { name: string; age: number });
		await expect(push).rejects.toMatchObject({ code: 'INVALID', invalid: { field } });
		expect(sent).toEqual([]);
	});

	test.each([
		['a BigInt', { n: 1n }, 'INVALID'],
		['a cycle', cyclic, 'INVALID'],
		['undefined', undefined, 'INVALID'],
		['a function', () => {}, 'INVALID'],
		['more than 256 KiB', 'x'.repeat(262_144), 'TOO_LARGE'],
		['more than 256 KiB of UTF-8', '€'.repeat(100_000), 'TOO_LARGE'],
	])('data that no JSON can hold or that is too large: %s', async (_, data, code) => {
		const { client, sent } = untouched();
		await expect(client.push('any', data)).rejects.toMatchObject({ code, invalid: { field: 'data' } });
		await expect(client.pushMany('any', [1, data])).rejects.toMatchObject({ code });
		expect(sent).toEqual([]);
	});

	test.each<[string, object, string]>([
		['an unknown option', { dealy: '10s' }, 'dealy'],
		['a delay that is no duration', { delay: '10 seconds' }, 'delay'],
		['a negative delay', { delay: -1 }, 'delay'],
		['a delay of more than a year', { delay: '366d' }, 'delay'],
		['a delay that is no number', { delay: Number.NaN }, 'delay'],
		['a priority out of range', { priority: 1_001 }, 'priority'],
		['a priority between two', { priority: 0.5 }, 'priority'],
		['an empty group', { group: '' }, 'group'],
		['no attempts', { maxAttempts: 0 }, 'maxAttempts'],
		['a date that is none', { runAt: new Date('never') }, 'runAt'],
		['delay and runAt together', { delay: 1, runAt: 1 }, 'runAt'],
		['a backoff of no known type', { backoff: { type: 'linear', delay: 1 } }, 'backoff'],
		['a backoff without a delay', { backoff: { type: 'fixed' } }, 'backoff'],
		['a cost of nothing', { cost: 0 }, 'cost'],
		['a cost beyond the limit', { cost: 1_001 }, 'cost'],
		['a timeout that is no duration', { timeout: 'soon' }, 'timeout'],
		['a timeout of nothing', { timeout: 0 }, 'timeout'],
		['a ttl that is no duration', { ttl: true }, 'ttl'],
		['retryFor of more than a year', { retryFor: '366d' }, 'retryFor'],
		['no crashes', { maxCrashes: 0 }, 'maxCrashes'],
		['an unknown way to come back', { onRetry: 'drop' }, 'onRetry'],
		['a unique key that is no object', { unique: 'key' }, 'unique'],
		['a unique key without a key', { unique: {} }, 'unique.key'],
		['an empty unique key', { unique: { key: '' } }, 'unique.key'],
		['a unique key with an unknown field', { unique: { key: 'k', window: '1h' } }, 'unique.window'],
		['an unknown scope', { unique: { key: 'k', scope: 'forever' } }, 'unique.scope'],
		['a window without a length', { unique: { key: 'k', scope: {} } }, 'unique.scope.window'],
		['an unknown way to meet another job', { unique: { key: 'k', onConflict: 'drop' } }, 'unique.onConflict'],
		['too many tags', { tags: Array(11).fill('t') }, 'tags'],
		['tags that are no list', { tags: 'vip' }, 'tags'],
		['an empty tag', { tags: [''] }, 'tags'],
		['a parent that can be no job', { parent: 'nobody' }, 'parent'],
		['a durability that cannot be asked for', { durability: 'fsynced' }, 'durability'],
		['an empty idempotency key', { idempotencyKey: '' }, 'idempotencyKey'],
		['an idempotency key that is too long', { idempotencyKey: 'k'.repeat(256) }, 'idempotencyKey'],
		['an idempotency key that no header can hold', { idempotencyKey: 'größe' }, 'idempotencyKey'],
	])('options with %s', async (_, options, field) => {
		const { client, sent } = untouched();
		await expect(client.push('any', null, options as PushOptions)).rejects.toMatchObject({ code: 'INVALID' });
		await expect(client.push('any', null, options as PushOptions)).rejects.toThrow(field);
		expect(sent).toEqual([]);
	});

	test.each([
		['no jobs', []],
		['more than 1,000 jobs', Array(1_001).fill(1)],
	])('%s in one push', async (_, data) => {
		const { client, sent } = untouched();
		await expect(client.pushMany('any', data)).rejects.toMatchObject({ code: 'INVALID' });
		expect(sent).toEqual([]);
	});

	test('a name that can be no topic, an id that can be no job and settings that can be none', async () => {
		const { client, sent } = untouched();
		await expect(client.push('no spaces', 1)).rejects.toMatchObject({ code: 'INVALID' });
		expect(() => topic('no spaces')).toThrow(/topic must be/);
		expect(() => client.job('any', 'not-an-id')).toThrow(/must be a job id/);
		await expect(client.configure('any', { leaseMs: 1 })).rejects.toMatchObject({ code: 'INVALID' });
		await expect(client.configure('any', { lease: 1 } as object)).rejects.toMatchObject({ code: 'INVALID' });
		await expect(client.configure('any', { concurrency: 0 })).rejects.toMatchObject({ code: 'INVALID' });
		await expect(client.configure('any', { rate: { limit: 1, perMs: 1, burst: 2 } })).rejects.toThrow('burst');
		await expect(client.cancel('not-an-id')).rejects.toMatchObject({ code: 'INVALID' });
		await expect(client.cancel('any:1', { actor: 'x'.repeat(129) })).rejects.toThrow(/actor must be/);
		await expect(client.cancel('any:1', { reason: '' })).rejects.toThrow(/reason must be/);
		await expect(client.cancelMany(Array(1_001).fill('any:1'))).rejects.toThrow(/at most 1000/);
		expect(sent).toEqual([]);
	});

	test.each(['ftp://x', 'redis:', 'jobs.db', ''])('the URL %j, and the message says what it may be', async (url) => {
		await expect(connect(url).ready()).rejects.toThrow(/memory:, sqlite:/);
	});

	test.each([
		['concurrency', { concurrency: 0 }],
		['concurrency', { concurrency: 10_001 }],
		['lease', { lease: 99 }],
		['lease', { lease: '2d' as const }],
		['maxBlock', { maxBlock: -1 }],
		['grace', { grace: 'soon' as never }],
		['timeout', { timeout: -1 }],
		['timeout', { timeout: '60d' as const }],
	])('a worker whose %s is out of range', (field, options) => {
		const { client } = untouched();
		expect(() => client.work('any', () => {}, options)).toThrow(field);
	});

	test('a worker without topics, or with two handlers of one', () => {
		const { client } = untouched();
		expect(() => client.workAll([])).toThrow(/at least one topic/);
		expect(() => client.workBatch('any', () => {}, { size: 0 })).toThrow(/size/);
	});
});
