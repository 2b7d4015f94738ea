import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { gate } from '../support/gate.ts';
import { batch } from '../support/jobs.ts';
import { until } from '../support/wait.ts';
import { blackHole, FakeServer, READY, remote, startServer, TAKE, timed } from './kit.ts';

/** A take has asked the store. To be called while it is on its way. */
function asked(inner: Engine): Promise<void> {
	const { opened, open } = gate();
	const take = inner.take.bind(inner);
	inner.take = (request, wait) => {
		open();
		return take(request, wait);
	};
	return opened;
}

test('a take waits in the server for its first job, longer than one request does', async () => {
	const { port, inner, answered } = await startServer();
	const engine = remote(port);
	const take = engine.take(TAKE, { waitMs: 20_000 });
	await until(() => answered.length === 1, { what: 'the first request to be answered with nothing' });
	await inner.push([batch('emails', 1)]);
	const { value, ms } = await timed(take);
	expect(value).toMatchObject([{ topic: 'emails', token: 1 }]);
	expect(ms).toBeLessThan(1_000);
});

test('a take that finds nothing ends at waitMs', async () => {
	const { port } = await startServer();
	const { value, ms } = await timed(remote(port).take(TAKE, { waitMs: 300 }));
	expect(value).toEqual([]);
	expect(ms).toBeGreaterThan(290);
	expect(ms).toBeLessThan(1_500);
});

test('outcomes are settled before the wait begins', async () => {
	const { port, inner } = await startServer();
	const engine = remote(port);
	await engine.push([batch('emails', 1)]);
	const [job] = await engine.take(TAKE);
	const outcomes = [{ id: job?.id ?? '', token: job?.token ?? 0, outcome: 'complete' as const }];
	const both = engine.settleAndTake(outcomes, TAKE, { waitMs: 20_000 });
	await until(async () => (await inner.getJobs([job?.id ?? '']))[0]?.state === 'completed');
	await inner.push([batch('emails', 1)]);
	expect(await both).toMatchObject({ settled: [{ status: 'ok', state: 'completed' }], jobs: [{ token: 1 }] });
});

test('a signal ends the wait, and nothing is leased afterwards', async () => {
	const { port, inner, answered } = await startServer();
	const engine = remote(port);
	const stop = new AbortController();
	const taking = engine.take(TAKE, { waitMs: 20_000, signal: stop.signal });
	await asked(inner);
	stop.abort();
	const { value, ms } = await timed(taking);
	expect(value).toEqual([]);
	expect(ms).toBeLessThan(1_000);
	// The wait, well before its request would have ended, and the look after what it may have leased.
	await until(() => answered.length === 2, { timeoutMs: 1_000, what: 'the server to be done with the take' });
	// A hint would let a waiter ask before the push is answered.
	await inner.push([batch('emails', 1)]);
	expect(await inner.getTopics(['emails'])).toMatchObject([{ counts: { waiting: 1, active: 0 } }]);
	expect(await engine.take(TAKE, { waitMs: 20_000, signal: stop.signal })).toEqual([]);
});

test('jobs that were leased for a take which was given up are handed over all the same', async () => {
	const { port, inner } = await startServer();
	const engine = remote(port);
	const stop = new AbortController();
	// The store leases them, and the signal fires before the answer is there.
	const take = inner.take.bind(inner);
	inner.take = async (request, wait) => {
		const jobs = await take(request, wait);
		if (jobs.length > 0 && !stop.signal.aborted) stop.abort();
		return jobs;
	};
	await inner.push([batch('emails', 3)]);
	const jobs = await engine.take(TAKE, { waitMs: 20_000, signal: stop.signal });
	expect(jobs).toHaveLength(2);
	expect(await inner.getTopics(['emails'])).toMatchObject([{ counts: { waiting: 1, active: 2 } }]);
});

test('close ends a wait, a pause between tries and a call without an answer, within a second', async () => {
	const { port, inner } = await startServer();
	const hole = await blackHole();
	const waiting = remote(port);
	const swallowed = remote(hole.port);
	const take = waiting.take(TAKE, { waitMs: 20_000 });
	const push = timed(swallowed.push([batch('emails', 1)]));
	await Promise.all([asked(inner), hole.swallowed]);
	const { ms } = await timed(Promise.all([waiting.close(), swallowed.close()]));
	expect(ms).toBeLessThan(1_000);
	expect(await take).toEqual([]);
	expect((await push).error?.code).toBe('AMBIGUOUS');
	await expect(waiting.take(TAKE)).rejects.toMatchObject({ code: 'CLOSED' });
});

test('a connection that swallows bytes in the midst of a wait costs less than five seconds', async () => {
	const fake = await FakeServer.start(() => {});
	const engine = remote(fake.port, { deadlineMs: 5_000 });
	const take = timed(engine.take(TAKE, { waitMs: 30_000 }));
	await until(() => fake.requests.length === 1);
	const job = { id: 'emails:1', topic: 'emails', token: 1, data: 1, attempt: 1 };
	fake.answer = (_, response) => void response.end(JSON.stringify({ jobs: [job] }));
	const { value, ms } = await take;
	expect(value).toMatchObject([{ id: 'emails:1', data: '1' }]);
	expect(ms).toBeLessThan(5_000);
	expect(new Set(fake.requests.map(({ body }) => JSON.parse(body).requestId)).size).toBe(1);
});

test('headers, credentials and a prefix of the path go with every request, and no message shows the password', async () => {
	const fake = await FakeServer.start(READY);
	const url = `http://ann:s%20cret@127.0.0.1:${fake.port}/queue/`;
	const engine = remote(fake.port, { url, headers: { 'x-tenant': 'acme' }, deadlineMs: 300 });
	await engine.open();
	const [request] = fake.requests;
	expect(request).toMatchObject({ url: '/queue/readyz', headers: { 'x-tenant': 'acme' } });
	expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('ann:s cret').toString('base64')}`);
	fake.answer = (_, response) => void response.writeHead(500).end();
	const { error } = await timed(engine.ping());
	expect(error?.code).toBe('UNAVAILABLE');
	expect(error?.message).not.toMatch(/cret/);
});

test('what fetch would not take is INVALID before anything is sent', () => {
	for (const url of ['redis://x', 'http://', 'http://x/?a=1', 'http://x/#a', '']) {
		expect(() => remote(1, { url }), url).toThrow(expect.objectContaining({ code: 'INVALID' }));
	}
	expect(() => remote(1, { headers: { 'no spaces': 'x' } })).toThrow(expect.objectContaining({ code: 'INVALID' }));
});
