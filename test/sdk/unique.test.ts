import { describe, expect, test } from 'vitest';
import { connected, ENGINES, freshTopic } from '../support/stores.ts';

describe.each(ENGINES)('unique pushes on $name', ({ url }) => {
	test('of two pushes with one key the second is answered by the job that holds it, whose result both get', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const unique = { key: 'order-7' };
		const first = await client.push(name, 'first', { unique });
		expect(first.created).toBe(true);
		expect(first.unique).toEqual({ outcome: 'free', holder: first.id, holderState: 'waiting' });
		const second = await client.push(name, 'second', { unique });
		expect([second.id, second.created]).toEqual([first.id, false]);
		expect(second.unique).toEqual({ outcome: 'kept', holder: first.id, holderState: 'waiting' });
		client.work(name, ({ data }) => data);
		expect(await Promise.all([first.result(), second.result()])).toEqual(['first', 'first']);
		// Unfinished is the default scope: the key is free again.
		expect((await client.push(name, 'third', { unique })).unique?.outcome).toBe('free');
	});

	test('a push without a key says nothing of keys', async () => {
		const client = connected(await url());
		const name = freshTopic();
		expect((await client.push(name, 1)).unique).toBeUndefined();
		expect((await client.push(name, 1, { idempotencyKey: 'k', unique: { key: 'a' } })).unique?.outcome).toBe('free');
		const again = await client.push(name, 1, { idempotencyKey: 'k', unique: { key: 'a' } });
		expect([again.created, again.unique]).toEqual([false, undefined]);
	});

	test('replace gives the holder new data, cancelAndReplace another job, debounce another time', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const push = (data: string, onConflict: 'replace' | 'cancelAndReplace' | 'debounce') =>
			client.push(name, data, { delay: '1h', unique: { key: 'k', onConflict } });
		const first = await push('a', 'replace');
		const replaced = await push('b', 'replace');
		expect([replaced.id, replaced.created, replaced.unique?.outcome]).toEqual([first.id, false, 'replaced']);
		expect((await first.get())?.data).toBe('"b"');
		const other = await push('c', 'cancelAndReplace');
		expect(other.created).toBe(true);
		expect(other.unique).toMatchObject({ outcome: 'cancelled', holder: other.id, former: first.id });
		await expect(first.result()).rejects.toMatchObject({ code: 'JOB_CANCELLED' });
		const debounced = await push('d', 'debounce');
		expect([debounced.id, debounced.unique?.outcome]).toEqual([other.id, 'debounced']);
		expect(await debounced.get()).toMatchObject({ data: '"d"', state: 'delayed' });
	});

	test('queueBehind runs one after the other, in the order of the pushes', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const unique = { key: 'k', onConflict: 'queueBehind' } as const;
		const jobs = [];
		for (const n of [1, 2, 3]) jobs.push(await client.push(name, n, { unique }));
		expect(jobs.map((job) => job.unique?.outcome)).toEqual(['free', 'queued', 'queued']);
		expect((await jobs[1]?.explain())?.reasons).toMatchObject([{ code: 'unique', key: 'k', holder: jobs[0]?.id }]);
		await expect(jobs[1]?.promote()).rejects.toMatchObject({ code: 'WRONG_STATE' });
		const order: unknown[] = [];
		let running = 0;
		client.work(name, async ({ data }) => {
			order.push(data, ++running);
			await new Promise((resolve) => setImmediate(resolve));
			running--;
		});
		await Promise.all(jobs.map((job) => job.result()));
		expect(order).toEqual([1, 1, 2, 1, 3, 1]);
	});

	test('a window holds the key beyond the end of its job', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const unique = { key: 'k', scope: { window: '1h' } } as const;
		const first = await client.push(name, 'a', { unique });
		client.work(name, ({ data }) => data);
		await first.result();
		const second = await client.push(name, 'b', { unique });
		expect(second.unique).toEqual({ outcome: 'kept', holder: first.id, holderState: 'completed' });
		expect(await second.result()).toBe('a');
	});

	test('a key that is only held while waiting is free once a worker has the job', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const unique = { key: 'k', scope: 'waiting' } as const;
		const outcomes: unknown[] = [];
		client.work(name, async ({ data }, ctx) => {
			if (data === 'a') outcomes.push((await ctx.push(name, 'b', { unique })).unique?.outcome);
		});
		await (await client.push(name, 'a', { unique })).result();
		expect(outcomes).toEqual(['free']);
	});
});
