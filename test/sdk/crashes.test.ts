import { describe, expect, test } from 'vitest';
import { connected, freshTopic, STORES } from '../support/stores.ts';
import { until } from '../support/wait.ts';
import { WorkerProcess } from '../support/worker-process.ts';

const LEASE_MS = 300;

describe.each(STORES.filter(({ shared }) => shared))('workers that vanish on $name', ({ url: open }) => {
	test('a job that kills its process is dead after maxCrashes, and its history names the workers', async () => {
		const url = await open();
		const client = connected(url);
		const topic = freshTopic();
		const job = await client.push(topic, null, { maxCrashes: 2, maxAttempts: 10 });
		for (const name of ['worker-1', 'worker-2']) {
			const worker = new WorkerProcess({ url, topic, name, behaviour: 'exit', lease: LEASE_MS });
			expect(await worker.exited).toBe(7);
		}
		await expect(job.result()).rejects.toThrow(/dead \(crashed\)/);
		expect(await job.get()).toMatchObject({
			...{ state: 'dead', reason: 'crashed', attempt: 2, crashes: 2 },
			history: [
				{ kind: 'crashed', attempt: 2, by: 'worker-2' },
				{ kind: 'crashed', attempt: 1, by: 'worker-1' },
			],
		});
	});

	test('a worker that is killed before its batch begins charges nothing', async () => {
		const url = await open();
		const client = connected(url);
		const topic = freshTopic();
		const batch = { size: 10, maxWait: '1h' } as const;
		const worker = new WorkerProcess({ url, topic, batch, behaviour: 'work', lease: LEASE_MS });
		await worker.ready();
		const jobs = await client.pushMany(topic, [1, 2, 3], { maxAttempts: 1, maxCrashes: 1 });
		const counts = async () => (await client.topic(topic))?.counts;
		await until(async () => (await counts())?.active === 3, { what: 'the worker to have the jobs' });
		worker.child.kill('SIGKILL');
		await until(async () => (await counts())?.waiting === 3, { what: 'the jobs to be given back' });
		for (const job of jobs) expect(await job.get()).toMatchObject({ attempt: 0, crashes: 0, releases: 1, history: [] });
		client.work(topic, ({ data }) => data);
		expect(await Promise.all(jobs.map((job) => job.result()))).toEqual([1, 2, 3]);
	});

	test('a worker that is killed in its batch charges each of its jobs', async () => {
		const url = await open();
		const client = connected(url);
		const topic = freshTopic();
		const batch = { size: 2, maxWait: '1h' } as const;
		const jobs = await client.pushMany(topic, [1, 2], { maxAttempts: 1 });
		const worker = new WorkerProcess({ url, topic, name: 'poisoned', batch, behaviour: 'exit', lease: LEASE_MS });
		expect(await worker.exited).toBe(7);
		for (const job of jobs) {
			await expect(job.result()).rejects.toThrow(/dead \(crashed\)/);
			expect((await job.get())?.history).toMatchObject([{ kind: 'crashed', by: 'poisoned' }]);
		}
	});

	test('a heartbeat tells a handler in another process that its job was cancelled', async () => {
		const url = await open();
		const client = connected(url);
		const topic = freshTopic();
		const worker = new WorkerProcess({ url, topic, behaviour: 'untilAborted', lease: LEASE_MS });
		await worker.ready();
		const job = await client.push(topic, null);
		await worker.says('that it has begun', ({ started }) => started === job.id);
		await job.cancel();
		await worker.says('that its handler was told', ({ aborted }) => aborted === 'JOB_CANCELLED');
		const next = await client.push(topic, { behaviour: 'work' });
		expect(await next.result()).toBe(worker.child.pid);
		expect(await job.get()).toMatchObject({ state: 'cancelled', result: null });
		expect(await worker.stop()).toBe(0);
		expect(worker.stderr).toBe('');
	});
});
