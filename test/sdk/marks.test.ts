import { expect, test, vi } from 'vitest';
import type { TakenJob } from '../../src/core/job.ts';
import { toRawJson } from '../../src/core/json.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { Engine, ExtendResult, Lease, Outcome, TakeRequest } from '../../src/engine/engine.ts';
import { handle, handleBatch, topic } from '../../src/sdk/index.ts';
import { nameOf } from '../../src/worker/options.ts';
import { gate } from '../support/gate.ts';
import { connected } from '../support/stores.ts';
import { stubEngine } from '../support/stub-engine.ts';
import { until } from '../support/wait.ts';

const plain = topic('plain');
const batched = topic('batched');

function taken(topicName: string, number: number): TakenJob {
	return {
		...{
			id: `${topicName}:${number}`,
			topic: topicName,
			token: 1,
			data: toRawJson(number),
			attempt: 1,
			maxAttempts: 1,
		},
		...{ priority: 0, group: null, createdAt: 0, leaseExpiresAt: 0 },
	};
}

/** A store that gives these jobs, and remembers what it was asked in which order. */
function storeOf(jobs: TakenJob[], extend: Engine['extend'] = async (leases) => leases.map(() => ok)) {
	const requests: TakeRequest[] = [];
	const marked: Lease[][] = [];
	const settled: Outcome[] = [];
	const take = async (request: TakeRequest) => {
		requests.push(request);
		return jobs.splice(0);
	};
	const settle = async (outcomes: Outcome[]) => {
		settled.push(...outcomes);
		return outcomes.map(() => ({ status: 'ok', state: 'completed', at: 0 }) as const);
	};
	const { engine } = stubEngine({
		...{ open: async () => {}, close: async () => {}, take, settle },
		settleAndTake: async (outcomes, request) => ({ settled: await settle(outcomes), jobs: await take(request) }),
		extend: async (leases, leaseMs) => {
			if (leases.some(({ started }) => started)) marked.push(leases);
			return extend(leases, leaseMs);
		},
	});
	return { engine, requests, marked, settled };
}

const ok: ExtendResult = { status: 'ok', leaseExpiresAt: 0 };

test('a worker whose jobs start as they come marks nothing, and each take says who takes', async () => {
	const { engine, requests, marked, settled } = storeOf([taken('plain', 1), taken('batched', 2)]);
	const registrations = [handle(plain, () => {}), handleBatch(batched, () => {}, { size: 10 })];
	connected(engine).workAll(registrations, { name: 'worker-7' });
	await until(() => settled.length === 2, { what: 'both jobs to be done' });
	expect(marked).toEqual([]);
	expect(requests[0]).toMatchObject({ worker: 'worker-7' });
	expect(requests[0]).not.toHaveProperty('marks');
});

test('a worker that holds jobs for a batch marks every job before its handler is called, also that of another topic', async () => {
	const answers = gate();
	const began: unknown[] = [];
	const jobs = [taken('plain', 1), taken('batched', 2), taken('batched', 3)];
	const { engine, requests, marked } = storeOf(jobs, async (leases) => {
		await answers.opened;
		return leases.map(() => ok);
	});
	connected(engine).workAll([
		handle(plain, ({ data }) => void began.push(data)),
		handleBatch(batched, (batch) => void began.push(batch.map(({ data }) => data)), { size: 2, maxWait: '1h' }),
	]);
	const all = () => marked.flat();
	await until(() => all().length === 3, { what: 'the marks' });
	expect(requests[0]).toMatchObject({ marks: true });
	expect(all()).toEqual([
		{ id: 'plain:1', token: 1, started: true },
		{ id: 'batched:2', token: 1, started: true },
		{ id: 'batched:3', token: 1, started: true },
	]);
	expect(began).toEqual([]);
	answers.open();
	await until(() => began.length === 2, { what: 'the handlers to begin' });
	expect(began).toEqual([1, [2, 3]]);
});

test('a job whose mark is refused is not started, the rest of its batch is', async () => {
	const batches: unknown[] = [];
	const jobs = [1, 2, 3].map((n) => taken('batched', n));
	const { engine, settled } = storeOf(jobs, async (leases) =>
		leases.map(({ id }) => (id === 'batched:2' ? { status: 'cancelled' } : ok)),
	);
	const run = (batch: { data: unknown }[]) => void batches.push(batch.map(({ data }) => data));
	connected(engine).workBatch(batched, run, { size: 3, maxWait: '1h' });
	await until(() => settled.length === 2, { what: 'the batch to be done' });
	expect(batches).toEqual([[1, 3]]);
	expect(settled.map(({ id }) => id)).toEqual(['batched:1', 'batched:3']);
});

test('jobs that cannot be marked go back unharmed, and are not started', async () => {
	const { engine, settled } = storeOf([taken('batched', 1)], () => Promise.reject(new Error('away')));
	let runs = 0;
	connected(engine).workBatch(batched, () => void runs++, { size: 2, maxWait: 1 });
	await until(() => settled.length === 1, { what: 'the job to be given back' });
	expect(settled).toEqual([{ id: 'batched:1', token: 1, outcome: 'release' }]);
	expect(runs).toBe(0);
});

test('the name of a worker is its own unless it is given one, and bounded', () => {
	const { engine } = storeOf([]);
	const client = connected(engine);
	const names = [1, 2].map((n) => client.work(`topic-${n}`, () => {}).name);
	expect(names[0]).toMatch(new RegExp(`:${process.pid}:[0-9a-f]{8}$`));
	expect(names[0]?.length).toBeLessThanOrEqual(LIMITS.nameLength);
	expect(names[0]).not.toBe(names[1]);
	expect(client.work('topic-3', () => {}, { name: 'mine' }).name).toBe('mine');
	for (const name of ['', 'x'.repeat(129), 'two\nlines', 7 as never]) {
		expect(() => client.work('topic-4', () => {}, { name })).toThrow(/name must be/);
	}
});

test('where there is no process a worker has a name too', () => {
	vi.stubGlobal('process', undefined);
	const name = nameOf({});
	vi.unstubAllGlobals();
	expect(name).toMatch(/^[0-9a-f]{8}$/);
});
