import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { isMillraceError } from '../../src/sdk/index.ts';
import { gate } from '../support/gate.ts';
import { connected, ENGINES, freshTopic } from '../support/stores.ts';
import { until } from '../support/wait.ts';

const hang = () => new Promise<never>(() => {});

describe.each(ENGINES)('time limits on $name', ({ url }) => {
	test('a handler that never settles loses its slot when its job has run for its timeout, and the others go on', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const reasons: unknown[] = [];
		const worker = client.work(
			name,
			({ data }, { signal }) => {
				if (data === 'go') return 'done';
				signal.addEventListener('abort', () => reasons.push(signal.reason));
				return hang();
			},
			// No heartbeat tells it: it ends the runs by itself.
			{ concurrency: 2, name: 'slow', lease: '1h' },
		);
		const options = { timeout: '150ms', maxAttempts: 1 } as const;
		const stuck = [await client.push(name, 'hang', options), await client.push(name, 'hang', options)];
		const next = await client.push(name, 'go');
		expect(await next.result()).toBe('done');
		for (const job of stuck) {
			await expect(job.result()).rejects.toThrow(/dead \(timeout\)/);
			expect(await job.get()).toMatchObject({
				...{ reason: 'timeout', crashes: 0, attempt: 1 },
				history: [{ kind: 'timeout', attempt: 1, by: 'slow' }],
			});
		}
		expect(reasons.map((reason) => isMillraceError(reason) && reason.code)).toEqual(['TIMEOUT', 'TIMEOUT']);
		expect(worker.health().running).toBe(0);
		await worker.close({ grace: '30s' });
	});

	test('a job that ran out of its time is tried again while it has attempts', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const job = await client.push(name, null, { timeout: '100ms', maxAttempts: 2 });
		client.work(name, (_, { attempt }) => (attempt === 1 ? hang() : attempt));
		expect(await job.result()).toBe(2);
		expect(await job.get()).toMatchObject({ history: [{ kind: 'timeout', attempt: 1 }] });
	});

	test('the shorter of the two times holds: that of the handler makes a failure, and the last one a timeout', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const backoff = { type: 'fixed', delay: 1 } as const;
		const job = await client.push(name, null, { timeout: '1h', maxAttempts: 2, backoff });
		const worker = client.work(name, hang, { timeout: '50ms' });
		await expect(job.result()).rejects.toThrow(/dead \(timeout\).*at work after 50 ms/);
		const kinds = (await job.get())?.history.map(({ kind }) => kind);
		expect(kinds).toEqual(['killed', 'failed']);
		await worker.close();
		const short = await client.push(name, null, { timeout: '50ms', maxAttempts: 1 });
		client.work(name, hang, { timeout: '1h' });
		await expect(short.result()).rejects.toThrow(/dead \(timeout\)/);
		expect((await short.get())?.history).toMatchObject([{ kind: 'timeout' }]);
	});

	test('the time counts from when the job was given, however long its worker had waited for it', async () => {
		const client = connected(await url());
		const name = freshTopic();
		client.work(name, async () => {
			await pause(20);
			return 'in time';
		});
		await client.ready();
		// The worker's request for work has waited for longer than the job may run.
		await pause(1_200);
		const job = await client.push(name, null, { timeout: '1s', maxAttempts: 1 });
		expect(await job.result()).toBe('in time');
		expect(await job.get()).toMatchObject({ token: 1, releases: 0 });
	});

	test('a job that waits for its batch uses its time; the rest of the batch is run', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const batches: unknown[][] = [];
		client.workBatch(name, (jobs) => void batches.push(jobs.map(({ data }) => data)), { size: 3, maxWait: '1h' });
		const late = await client.push(name, 'late', { timeout: '50ms', maxAttempts: 1 });
		await expect(late.result()).rejects.toThrow(/dead \(timeout\)/);
		const rest = await client.pushMany(name, [1, 2, 3]);
		await Promise.all(rest.map((job) => job.result()));
		expect(batches).toEqual([[1, 2, 3]]);
	});

	test('a job that is not taken within its ttl is dead, and never delivered', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const job = await client.push(name, null, { ttl: '50ms' });
		await expect(job.result()).rejects.toThrow(/dead \(expired\)/);
		let runs = 0;
		client.work(name, () => ++runs);
		expect(await (await client.push(name, null, { ttl: '1h' })).result()).toBe(1);
	});

	test('retryFor ends the attempts before they are used up', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const backoff = { type: 'fixed', delay: '60ms' } as const;
		const job = await client.push(name, null, { retryFor: '100ms', maxAttempts: 100, backoff });
		let runs = 0;
		client.work(name, () => {
			runs++;
			throw new Error('down');
		});
		await expect(job.result()).rejects.toMatchObject({ code: 'JOB_DEAD' });
		expect(runs).toBeLessThanOrEqual(4);
	});

	test('the reason of a signal tells a shutdown from the other ends', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const begun = gate();
		const reason = gate<unknown>();
		const worker = client.work(name, (_, { signal }) => {
			signal.addEventListener('abort', () => reason.open(signal.reason));
			begun.open();
			return hang();
		});
		const job = await client.push(name, null, { maxAttempts: 1, timeout: '1h' });
		await begun.opened;
		await worker.close({ grace: 0 });
		const why = await reason.opened;
		expect(isMillraceError(why) && why.code).toBe('CLOSED');
		await until(async () => (await job.get())?.state === 'waiting', { what: 'the job to be given back' });
		expect(await job.get()).toMatchObject({ attempt: 0, releases: 1 });
	});
});
