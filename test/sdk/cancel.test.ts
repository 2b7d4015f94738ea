import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { createEngine } from '../../src/engine/open.ts';
import { isMillraceError } from '../../src/sdk/index.ts';
import { gate } from '../support/gate.ts';
import { connected, ENGINES, freshTopic } from '../support/stores.ts';
import { until } from '../support/wait.ts';

afterEach(() => {
	vi.restoreAllMocks();
});

describe.each(ENGINES)('cancelling on $name', ({ name: store, url }) => {
	test('result() of a cancelled job says who and why', async () => {
		const client = connected(await url());
		const job = await client.push(freshTopic(), null);
		await job.cancel({ actor: 'ada', reason: 'ordered twice' });
		const message = `Job ${job.id} was cancelled by ada: ordered twice`;
		await expect(job.result()).rejects.toMatchObject({ code: 'JOB_CANCELLED', message });
		expect(await job.get()).toMatchObject({ state: 'cancelled', reason: 'cancelled' });
		const plain = await client.push(freshTopic(), null, { delay: '1h' });
		await client.cancel(plain.id);
		await expect(plain.result()).rejects.toThrow(`Job ${plain.id} was cancelled`);
	});

	test('a handler at work hears so at once, its outcome is dropped, and its slot is free', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const begun = gate();
		const reason = gate<unknown>();
		const worker = client.work(
			name,
			async ({ data }, { signal }) => {
				if (data === 'next') return 'done';
				begun.open();
				await new Promise((resolve) => signal.addEventListener('abort', resolve));
				reason.open(signal.reason);
				return 'dropped';
			},
			// A heartbeat comes every 20 minutes. Over http a hint may be missed between two takes.
			{ concurrency: 1, lease: store === 'http:' ? '3s' : '1h' },
		);
		const job = await client.push(name, null);
		await begun.opened;
		await job.cancel();
		const why = await reason.opened;
		expect(isMillraceError(why) && why.code).toBe('JOB_CANCELLED');
		expect(await (await client.push(name, 'next')).result()).toBe('done');
		await expect(job.result()).rejects.toMatchObject({ code: 'JOB_CANCELLED' });
		expect(await job.get()).toMatchObject({ state: 'cancelled', result: null });
		expect(worker.health()).toMatchObject({ state: 'running', running: 0 });
	});

	test('a handler hears so from a heartbeat where the hint is lost', async () => {
		const address = await url();
		const engine = await createEngine(address);
		vi.spyOn(Object.getPrototypeOf(engine) as Engine, 'onCancel').mockReturnValue(() => {});
		const client = connected(address);
		const name = freshTopic();
		const begun = gate();
		const reason = gate<unknown>();
		client.work(
			name,
			async (_, { signal }) => {
				signal.addEventListener('abort', () => reason.open(signal.reason));
				begun.open();
				await reason.opened;
			},
			{ lease: '3s' },
		);
		const job = await client.push(name, null);
		await begun.opened;
		const cancelledAt = performance.now();
		await job.cancel();
		expect(await reason.opened).toMatchObject({ code: 'JOB_CANCELLED' });
		expect(performance.now() - cancelledAt).toBeLessThan(3_000);
	});

	test('a hint that is out of date stops nobody', async () => {
		const address = await url();
		const hints: ((ids: string[]) => void)[] = [];
		const engine = await createEngine(address);
		vi.spyOn(Object.getPrototypeOf(engine) as Engine, 'onCancel').mockImplementation((hear) => {
			hints.push(hear);
			return () => {};
		});
		const client = connected(address);
		const name = freshTopic();
		const begun = gate();
		const finish = gate();
		client.work(name, async () => {
			begun.open();
			await finish.opened;
			return 'done';
		});
		const job = await client.push(name, null);
		await begun.opened;
		expect(hints).not.toEqual([]);
		for (const hear of hints) hear([job.id, `${name}:1`]);
		await client.topic(name);
		finish.open();
		expect(await job.result()).toBe('done');
	});

	test('an outcome of a job that was cancelled behind the back of its handler is dropped, and nothing throws', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const begun = gate();
		const finish = gate();
		const worker = client.work(name, async () => {
			begun.open();
			await finish.opened;
		});
		const job = await client.push(name, null);
		await begun.opened;
		const cancelled = job.cancel();
		finish.open();
		// Which of the two comes first is open.
		await cancelled.catch((error) => expect(error).toMatchObject({ code: 'WRONG_STATE' }));
		await until(() => worker.health().running === 0, { what: 'the handler to end' });
		const { state } = (await job.get()) ?? {};
		expect(['cancelled', 'completed']).toContain(state);
		await worker.close();
	});

	test('what has ended cannot be cancelled, what is cancelled already can, and a cancelled job can be retried', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const done = await client.push(name, null);
		const worker = client.work(name, () => {});
		await done.result();
		await worker.close();
		await expect(done.cancel()).rejects.toMatchObject({ code: 'WRONG_STATE' });
		const job = await client.push(name, null);
		for (let n = 0; n < 2; n++) await job.cancel();
		const missing = `${name}:1`;
		await expect(client.cancel(missing)).rejects.toMatchObject({ code: 'NOT_FOUND' });
		expect(await client.cancelMany([done.id, job.id, missing])).toEqual([
			{ status: 'refused', state: 'completed' },
			{ status: 'refused', state: 'cancelled' },
			{ status: 'missing' },
		]);
		await job.retry();
		expect((await job.get())?.state).toBe('waiting');
		await expect(job.retry()).rejects.toMatchObject({ code: 'WRONG_STATE' });
	});

	test('a delayed job is promoted before its time', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const job = await client.push(name, null, { delay: '1h' });
		await job.promote();
		client.work(name, () => 'early');
		expect(await job.result()).toBe('early');
		await expect(job.promote()).rejects.toMatchObject({ code: 'WRONG_STATE' });
	});
});
