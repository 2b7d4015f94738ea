import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { RateLimited } from '../../src/sdk/index.ts';
import { connected, ENGINES, freshTopic } from '../support/stores.ts';
import { until } from '../support/wait.ts';

describe.each(ENGINES)('groups on $name', ({ url, shared }) => {
	test('a group with a limit of one never overlaps, whichever of several workers runs its jobs, and keeps its order', async () => {
		const address = await url();
		const clients = [0, 1, 2].map((n) => (n === 0 || shared ? connected(address) : undefined));
		const [client = connected(address)] = clients;
		const name = freshTopic();
		await client.configure(name, { groups: { concurrency: 1 } });
		const running = new Map<unknown, number>();
		const order = new Map<unknown, unknown[]>();
		let most = 0;
		let failed = false;
		const groups = ['a', 'b', 'c'];
		const jobs = [];
		for (const n of Array(8).keys()) {
			const options = { maxAttempts: 2, backoff: { type: 'fixed', delay: 5 } } as const;
			for (const group of groups) jobs.push(await client.push(name, n, { group, ...options }));
		}
		for (const one of clients) {
			(one ?? client).work(
				name,
				async ({ data, group }) => {
					running.set(group, (running.get(group) ?? 0) + 1);
					most = Math.max(most, ...running.values());
					await pause(3);
					running.set(group, (running.get(group) ?? 0) - 1);
					// Keeps its place in the order although it fails.
					if (group === 'a' && data === 3 && !failed) {
						failed = true;
						throw new Error('once');
					}
					order.set(group, [...(order.get(group) ?? []), data]);
				},
				{ concurrency: 4 },
			);
		}
		await Promise.all(jobs.map((job) => job.result()));
		expect(most).toBe(1);
		for (const group of groups) expect(order.get(group)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
	});

	test('a handler that is rate limited parks its group, which costs no attempt, and the others go on', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const starts: [unknown, number][] = [];
		client.work(
			name,
			({ group, data }, context) => {
				starts.push([group, context.attempt]);
				if (starts.length > 1) return data;
				throw new RateLimited('1h');
			},
			{ concurrency: 1 },
		);
		const first = await client.push(name, 1, { group: 'a', maxAttempts: 1 });
		const group = client.group(name, 'a');
		const until1h = await until(async () => (await group.status()).parkedUntil, { what: 'the park' });
		expect(Math.abs(until1h - Date.now() - 3_600_000)).toBeLessThan(60_000);
		const other = await client.push(name, 2, { group: 'b' });
		expect(await other.result()).toBe(2);
		expect((await first.explain())?.reasons).toMatchObject([{ code: 'group_parked', group: 'a' }]);
		await group.resume();
		expect(await first.result()).toBe(1);
		expect(starts).toEqual([
			['a', 1],
			['b', 1],
			['a', 1],
		]);
		expect(await first.get()).toMatchObject({ releases: 1, crashes: 0, history: [] });
	});

	test('a park ends by itself', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const starts: number[] = [];
		client.work(name, () => {
			starts.push(performance.now());
			if (starts.length === 1) throw new RateLimited('300ms');
		});
		await (await client.push(name, 1, { group: 'a' })).result();
		const [first = 0, second = 0] = starts;
		expect(second - first).toBeGreaterThanOrEqual(295);
	});

	test('ctx.rateLimited without a group parks the whole topic, until it is resumed', async () => {
		const client = connected(await url());
		const name = freshTopic();
		let runs = 0;
		client.work(name, (_, context) => {
			if (++runs === 1) context.rateLimited('1h');
			return runs;
		});
		const job = await client.push(name, null);
		await until(async () => (await job.explain())?.reasons[0]?.code === 'topic_parked', { what: 'the park' });
		await client.resume(name);
		expect(await job.result()).toBe(2);
	});

	test('a group has settings of its own, and says how it stands', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const group = client.group(name, 'acme');
		expect([group.topic, group.name]).toEqual([name, 'acme']);
		expect(await group.status()).toEqual({
			...{ group: 'acme', paused: false, pausedUntil: null, parkedUntil: null, waiting: 0, active: 0, settings: {} },
		});
		const rate = { limit: 10, perMs: 60_000 };
		expect(await group.configure({ weight: 5, concurrency: 2, rate })).toEqual({ weight: 5, concurrency: 2, rate });
		expect(await group.configure({ rate: null })).toEqual({ weight: 5, concurrency: 2 });
		await client.push(name, null, { group: 'acme' });
		expect(await group.status()).toMatchObject({ waiting: 1, settings: { weight: 5, concurrency: 2 } });
		await expect(group.configure({ weight: 101 })).rejects.toMatchObject({ code: 'INVALID' });
		await expect(group.configure({ wait: 1 } as object)).rejects.toMatchObject({ code: 'INVALID' });
		expect(() => client.group(name, '')).toThrow(/group must be text of 1 to 1024/);
	});

	test('a paused group gives no jobs, and the others do, until it is resumed or its time is over', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const group = client.group(name, 'acme');
		await group.pause();
		expect(await group.status()).toMatchObject({ paused: true, pausedUntil: null });
		const job = await client.push(name, 'paused', { group: 'acme' });
		client.work(name, ({ data }) => data);
		expect(await (await client.push(name, 'other', { group: 'b' })).result()).toBe('other');
		expect((await job.get())?.state).toBe('waiting');
		await group.resume();
		expect(await job.result()).toBe('paused');
		const before = Date.now();
		await group.pause({ for: '1s' });
		expect((await group.status()).pausedUntil).toBeGreaterThanOrEqual(before + 1_000);
		expect(await (await client.push(name, 'later', { group: 'acme' })).result()).toBe('later');
		expect(Date.now()).toBeGreaterThanOrEqual(before + 995);
	});

	test('a topic is paused for some time, or until an instant', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const at = Date.now() + 3_600_000;
		for (const until of [at, new Date(at)]) {
			await client.pause(name, { until });
			expect(await client.topic(name)).toMatchObject({ paused: true, pausedUntil: at });
		}
		await client.pause(name, { for: '1s' });
		const job = await client.push(name, null);
		expect((await job.explain())?.reasons[0]?.code).toBe('topic_paused');
		client.work(name, () => 'done');
		expect(await job.result()).toBe('done');
		const wrong = [{ for: 'soon' }, { until: new Date('never') }, { for: '1s', until: at }, { until: -1 }];
		for (const options of wrong) {
			await expect(client.pause(name, options as object)).rejects.toMatchObject({ code: 'INVALID' });
		}
	});

	test('a topic takes limits and budgets, and a push beyond its budget is refused', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const settings = {
			...{ concurrency: 1, rate: { limit: 100, perMs: 1_000, burst: 10 }, groups: { concurrency: 2 } },
			...{ waitingBytes: 100, finishedBytes: 1_000, cancelled: { count: 5, ageMs: 60_000 } },
		};
		expect(await client.configure(name, settings)).toEqual(settings);
		await client.push(name, 'x'.repeat(60));
		await expect(client.push(name, 'x'.repeat(60))).rejects.toMatchObject({ code: 'TOPIC_FULL', retryable: true });
	});

	test('explain says why a job does not run, in facts and in words', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const job = await client.push(name, null);
		expect(await client.explain(job.id)).toMatchObject({ id: job.id, state: 'waiting', next: true, reasons: [] });
		await client.pause(name);
		const explained = await job.explain();
		expect(explained).toMatchObject({ next: false, reasons: [{ code: 'topic_paused', until: null }] });
		expect(explained?.summary).toMatch(/^The job waits: the topic is paused\./);
		expect(await client.explain(`${name}:1`)).toBeNull();
		await expect(client.explain('no id')).rejects.toMatchObject({ code: 'INVALID' });
	});
});
