import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { toRawJson } from '../../src/core/json.ts';
import { createEngine } from '../../src/engine/open.ts';
import { handle, handleBatch, isMillraceError, type PushOptions, topic } from '../../src/sdk/index.ts';
import { gate, spin } from '../support/gate.ts';
import { connected, freshTopic, REDIS, STORES } from '../support/stores.ts';
import { tempDir } from '../support/temp.ts';
import { until } from '../support/wait.ts';
import { readStarts, WorkerProcess } from '../support/worker-process.ts';

const LEASE_MS = 400;
const FIVE_LEASES_MS = 5 * LEASE_MS;

const PATHS: Record<string, PushOptions> = {
	plain: {},
	delayed: { delay: '50ms' },
	priority: { priority: 7 },
	group: { group: 'tenant' },
	retried: { maxAttempts: 2, backoff: { type: 'fixed', delay: 10 } },
};

describe.each(STORES)('leases on $name', ({ url, shared }) => {
	/** A client, and an engine on the same store that can act behind its back. */
	async function withEngine() {
		const address = await url();
		const engine = await createEngine(address);
		const client = connected(shared ? address : engine);
		if (!shared) return { client, engine };
		await engine.open();
		onTestFinished(() => engine.close());
		return { client, engine };
	}

	test('a handler that runs five leases long starts once, whichever way its job came', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const batches = freshTopic('batch');
		const starts: string[] = [];
		const warnings: string[] = [];
		const log = { info() {}, warn: (message: string) => warnings.push(message) };
		const long = handle(topic(name), async ({ data }, { attempt }) => {
			starts.push(`${data} ${attempt}`);
			if (data === 'retried' && attempt === 1) throw new Error('again');
			await pause(FIVE_LEASES_MS);
			return attempt;
		});
		const longBatch = handleBatch(
			topic(batches),
			async (jobs) => {
				for (const { attempt, data } of jobs) starts.push(`${data} ${attempt}`);
				await pause(FIVE_LEASES_MS);
			},
			{ size: 2, maxWait: '50ms' },
		);
		client.workAll([long, longBatch], { lease: LEASE_MS, log });
		const jobs = await Promise.all([
			...Object.entries(PATHS).map(([path, options]) => client.push(name, path, options)),
			client.push(batches, 'batch', { maxAttempts: 1 }),
			client.push(batches, 'batch', { maxAttempts: 1 }),
		]);
		await Promise.all(jobs.map((job) => job.result()));
		const once = Object.keys(PATHS).map((path) => `${path} 1`);
		expect(starts.sort()).toEqual([...once, 'retried 2', 'batch 1', 'batch 1'].sort());
		expect(warnings).toEqual([]);
	});

	test('a handler that keeps the event loop busy for five leases starts once', async () => {
		const address = await url();
		const client = connected(address);
		const name = freshTopic();
		const begun = gate();
		const go = gate();
		let runs = 0;
		client.work(
			name,
			async () => {
				runs++;
				begun.open();
				await go.opened;
				spin(FIVE_LEASES_MS);
				return 'once';
			},
			{ lease: LEASE_MS, concurrency: 1 },
		);
		const job = await client.push(name, null, { maxAttempts: 2 });
		await begun.opened;
		// A rival in another process would begin the job as soon as its lease had ended.
		const starts = join(tempDir(), 'starts');
		writeFileSync(starts, '');
		if (shared) await new WorkerProcess({ url: address, topic: name, behaviour: 'work', starts }).ready();
		go.open();
		expect(await job.result()).toBe('once');
		expect(runs).toBe(1);
		expect(readStarts(starts)).toEqual([]);
	});

	test('an outcome that another one has settled meanwhile is refused, and nothing throws', async () => {
		const { client, engine } = await withEngine();
		const name = freshTopic();
		const warnings: object[] = [];
		const log = { info() {}, warn: (_: string, details: object) => warnings.push(details) };
		const begun = gate<number>();
		const finish = gate();
		const job = await client.push(name, null, { maxAttempts: 2 });
		const worker = client.work(
			name,
			async (_, { token }) => {
				begun.open(token);
				await finish.opened;
				return 'old';
			},
			{ log },
		);
		const token = await begun.opened;
		const [settled] = await engine.settle([{ id: job.id, token, outcome: 'complete', result: toRawJson('new') }]);
		expect(settled?.status).toBe('ok');
		finish.open();
		await until(() => warnings.length > 0, { what: 'the refusal' });
		expect(warnings).toMatchObject([{ id: job.id, token, status: 'stale' }]);
		expect(await job.result()).toBe('new');
		expect(worker.health().state).toBe('running');
	});

	test('a handler whose job is no longer its own hears so within a third of its lease, and its throw is dropped', async () => {
		const { client, engine } = await withEngine();
		const name = freshTopic();
		const begun = gate<number>();
		const heard = gate<unknown>();
		const job = await client.push(name, null);
		const worker = client.work(
			name,
			async (_, { token, signal }) => {
				signal.addEventListener('abort', () => heard.open(signal.reason));
				begun.open(token);
				await heard.opened;
				throw new Error('too late');
			},
			{ lease: LEASE_MS },
		);
		const token = await begun.opened;
		await engine.settle([{ id: job.id, token, outcome: 'complete' }]);
		const reason = await heard.opened;
		expect(isMillraceError(reason) && reason.code).toBe('STALE_LEASE');
		expect(worker.health().running).toBe(0);
		expect((await job.get())?.state).toBe('completed');
	});
});

test('a worker that stood still for three leases is refused, hears so and lives on', async () => {
	const client = connected(await REDIS.url());
	const name = freshTopic();
	const job = await client.push(name, null, { maxAttempts: 2 });
	const address = await REDIS.url();
	const old = new WorkerProcess({ url: address, topic: name, behaviour: 'untilAborted', lease: LEASE_MS });
	await old.says('that it has begun', ({ started }) => started === job.id);
	const began = performance.now();
	old.child.kill('SIGSTOP');
	const other = client.work(name, (_, { attempt, token }) => ({ attempt, token }));
	expect(await job.result()).toEqual({ attempt: 2, token: 2 });
	await other.close();
	await pause(Math.max(0, began + 3 * LEASE_MS - performance.now()));
	old.child.kill('SIGCONT');
	await old.says('that its handler was told', ({ aborted }) => aborted === 'STALE_LEASE');
	const next = await client.push(name, { behaviour: 'work' });
	expect(await next.result()).toBe(old.child.pid);
	expect(await job.get()).toMatchObject({ state: 'completed', attempt: 2, result: '{"attempt":2,"token":2}' });
	expect(await old.stop()).toBe(0);
	expect(old.stderr).toBe('');
});

test('a worker whose event loop stands still beyond maxBlock lets its leases go, and another one has the job', async () => {
	const client = connected(await REDIS.url());
	const name = freshTopic();
	const job = await client.push(name, { behaviour: 'spin' }, { maxAttempts: 2 });
	const stuck = new WorkerProcess({
		url: await REDIS.url(),
		topic: name,
		behaviour: 'spin',
		lease: LEASE_MS,
		maxBlock: 2 * LEASE_MS,
		workMs: 10_000,
	});
	await stuck.says('that it has begun', ({ started }) => started === job.id);
	client.work(name, (_, { attempt }) => attempt);
	expect(await job.result({ timeout: '9s' })).toBe(2);
	const { warning } = await stuck.says('that it was refused', (said) => said.warning !== undefined);
	expect(warning).toMatch(/lease was lost|refused an outcome/);
	expect(await job.get()).toMatchObject({ state: 'completed', attempt: 2, result: '2' });
});

test('an outcome that is ready when a stopped worker wakes up is refused too', async () => {
	const client = connected(await REDIS.url());
	const name = freshTopic();
	const job = await client.push(name, { behaviour: 'spin' }, { maxAttempts: 2 });
	const old = new WorkerProcess({
		url: await REDIS.url(),
		topic: name,
		behaviour: 'spin',
		lease: LEASE_MS,
		workMs: LEASE_MS,
	});
	await old.says('that it has begun', ({ started }) => started === job.id);
	old.child.kill('SIGSTOP');
	const other = client.work(name, () => 'new');
	expect(await job.result()).toBe('new');
	await other.close();
	// Its handler's time is over by now: it returns at once.
	old.child.kill('SIGCONT');
	const { warning } = await old.says('that it was refused', (said) => said.warning !== undefined);
	expect(warning).toMatch(/lease was lost|refused an outcome/);
	expect(await (await client.push(name, { behaviour: 'work' })).result()).toBe(old.child.pid);
	expect(await job.get()).toMatchObject({ state: 'completed', result: '"new"' });
	expect(await old.stop()).toBe(0);
	expect(old.stderr).toBe('');
});
