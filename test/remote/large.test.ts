import { expect, test } from 'vitest';
import { toRawJson } from '../../src/core/json.ts';
import type { PushBatch } from '../../src/engine/engine.ts';
import { batch, newJob } from '../support/jobs.ts';
import { connected } from '../support/stores.ts';
import { FakeServer, remote, says, startServer } from './kit.ts';

const KB = 1_000;

/** A server whose bound on bodies is far below what a client puts into one, and a client of it. */
async function small(maxBodyBytes = 20 * KB) {
	const { port, inner, answered } = await startServer({ maxBodyBytes });
	const refusals = () => answered.filter((status) => status === 413).length;
	return { port, inner, refusals, client: connected(`http://127.0.0.1:${port}`) };
}

const waiting = async ({ inner }: { inner: Awaited<ReturnType<typeof small>>['inner'] }, topic = 'emails') =>
	(await inner.listJobs({ topic, state: 'waiting', cursor: null, limit: 1_000 })).jobs.map(({ data }) => data);

test('pushes that came together go apart for a server with a small bound: each is stored once, in order', async () => {
	const server = await small();
	const texts = Array.from({ length: 200 }, (_, n) => `${n} ${'x'.repeat(KB)}`);
	const jobs = await Promise.all(texts.map((text) => server.client.push('emails', text)));
	expect(new Set(jobs.map(({ id }) => id)).size).toBe(200);
	expect(await waiting(server)).toEqual(texts.map((text) => JSON.stringify(text)));
	// The client has learnt what the server takes.
	const refusals = server.refusals();
	expect(refusals).toBeGreaterThan(0);
	expect(refusals).toBeLessThan(10);
	await Promise.all(texts.map((text) => server.client.push('letters', text)));
	expect(server.refusals()).toBe(refusals);
});

test('only the push is refused that is too large itself, and is told what to do', async () => {
	const server = await small();
	const pushes = Array.from({ length: 50 }, (_, n) =>
		server.client.push('emails', 'x'.repeat(n === 20 ? 30 * KB : KB)),
	);
	const ended = await Promise.allSettled(pushes);
	expect(ended.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []))).toEqual([20]);
	await expect(pushes[20]).rejects.toMatchObject({ code: 'TOO_LARGE', invalid: { field: 'data' } });
	await expect(pushes[20]).rejects.toThrow(
		/^A job for topic emails is 30\d{3} bytes as a request, more than the server takes \(body must be at most 20000 bytes, .*\)\. Push a reference .* \(--max-body-bytes\)$/,
	);
	expect(await waiting(server)).toHaveLength(49);
});

test('many jobs in one push are stored whole or not at all: beyond the bound they are refused', async () => {
	const server = await small();
	const push = server.client.pushMany('emails', Array(30).fill('x'.repeat(KB)));
	await expect(push).rejects.toMatchObject({ code: 'TOO_LARGE' });
	await expect(push).rejects.toThrow(/^A push of 30 jobs, which is stored whole .* Push fewer jobs at once/);
	expect(await waiting(server)).toEqual([]);
	expect(await server.client.pushMany('emails', Array(15).fill('x'.repeat(KB)))).toHaveLength(15);
});

test('a key keeps its meaning when its batch goes apart from others: a repetition is none', async () => {
	const server = await small();
	const batches = Array.from({ length: 40 }, (_, n): PushBatch => {
		const jobs = [newJob({ data: toRawJson(`${n} ${'x'.repeat(KB)}`) })];
		return { topic: 'emails', jobs, ...(n % 2 === 0 ? { idempotency: { key: `k${n}`, fingerprint: 'f' } } : {}) };
	});
	const engine = remote(server.port);
	const first = await engine.push(batches);
	expect(first.every(({ status }) => status === 'created')).toBe(true);
	const keyed = batches.filter(({ idempotency }) => idempotency !== undefined);
	// An engine that has learnt nothing splits at other places.
	const again = await remote(server.port).push(keyed);
	expect(again.every(({ status }) => status === 'duplicate')).toBe(true);
	expect(await waiting(server)).toHaveLength(40);
});

test('a refusal after a try in doubt is not split: the batches would be stored under other keys once more', async () => {
	const tooLarge = says(413, JSON.stringify({ code: 'TOO_LARGE', detail: 'body must be at most 9 bytes' }));
	const fake = await FakeServer.start((request) => {
		fake.answer = tooLarge;
		request.socket.destroy();
	});
	const push = remote(fake.port).push([batch('emails', 1), batch('emails', 1)]);
	await expect(push).rejects.toMatchObject({ code: 'AMBIGUOUS' });
	expect(fake.requests).toHaveLength(2);
});

test('data that the server refuses do not fail the pushes that they came with', async () => {
	const server = await small(256 * KB);
	const data = [1, JSON.parse('{"__proto__":1}'), 3, 4];
	const ended = await Promise.allSettled(data.map((one) => server.client.push('emails', one)));
	expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
	expect(ended[1]).toMatchObject({
		reason: {
			...{ code: 'INVALID', invalid: { field: 'jobs[0].data.__proto__' } },
			message: expect.stringMatching(/^jobs\[0\]\.data\.__proto__ is a forbidden key/),
		},
	});
	expect(await waiting(server)).toEqual(['1', '3', '4']);
});

test('outcomes and ids go apart as well', async () => {
	const server = await small();
	const engine = remote(server.port);
	await engine.push([batch('emails', 500)]);
	const jobs = await engine.take({ topics: ['emails'], max: 500, leaseMs: 30_000 });
	const result = toRawJson('x'.repeat(KB));
	const outcomes = jobs.map(({ id, token }) => ({ id, token, outcome: 'complete' as const, result }));
	const take = { topics: ['emails'], max: 1, leaseMs: 30_000 };
	const { settled } = await remote(server.port).settleAndTake(outcomes.slice(0, 100), take);
	expect(settled.every(({ status }) => status === 'ok')).toBe(true);
	expect((await engine.settle(outcomes)).map(({ status }) => status)).toEqual([
		...Array(100).fill('stale'),
		...Array(400).fill('ok'),
	]);
	const ids = Array.from({ length: 1_000 }, (_, n) => jobs[n]?.id ?? `emails:${n + 1}`);
	const found = await remote(server.port).getJobs(ids);
	expect(found.map((job) => job?.state)).toEqual([...Array(500).fill('completed'), ...Array(500).fill(undefined)]);
});

test('a client counts bytes, not characters: a server with the default bound refuses nothing', async () => {
	const { port, answered } = await startServer();
	const jobs = (n: number) => [newJob({ data: toRawJson(`${n} ${'€'.repeat(400)}`) })];
	const batches = Array.from({ length: 500 }, (_, n): PushBatch => ({ topic: 'emails', jobs: jobs(n) }));
	await remote(port).push(batches);
	// 1.2 KB each, in requests of up to 240 KB.
	expect(answered).toEqual(Array(3).fill(200));
});
