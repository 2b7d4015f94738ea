import { expect, test } from 'vitest';
import { toRawJson } from '../../src/core/json.ts';
import { batch } from '../support/jobs.ts';
import { TcpProxy } from '../support/proxy.ts';
import { until } from '../support/wait.ts';
import { remote, startServer, TAKE, timed } from './kit.ts';

/** An engine whose replies can be lost, the store behind it, and a loss of the next reply to a request of this path. */
async function start() {
	const { port, inner } = await startServer();
	const proxy = await TcpProxy.start(port);
	const engine = remote(proxy.port);
	await engine.open();
	return { engine, inner, port, lose: (path: string) => proxy.loseReplyTo((request) => request.includes(` ${path}`)) };
}

async function counts({ inner }: Awaited<ReturnType<typeof start>>) {
	const [topic] = await inner.getTopics(['emails']);
	return topic?.counts;
}

/** Leases one job. */
async function taken({ engine }: Awaited<ReturnType<typeof start>>) {
	await engine.push([batch('emails', 1)]);
	const [job] = await engine.take({ ...TAKE, max: 1 });
	if (job === undefined) throw new Error('The job just pushed was not there');
	return job;
}

test('a push is not doubled, and its answer names the jobs as created', async () => {
	const setup = await start();
	const lost = setup.lose('/v1/push');
	const batches = [batch('emails', 2), batch('emails', 1, { delayMs: 60_000 }), batch('letters', 1)];
	const results = await setup.engine.push(batches);
	await lost;
	const states = results.map((result) => (result.status === 'created' ? result.jobs.map(({ state }) => state) : []));
	expect(states).toEqual([['waiting', 'waiting'], ['delayed'], ['waiting']]);
	expect(await counts(setup)).toMatchObject({ waiting: 2, delayed: 1 });
});

test("a push under the caller's key is not doubled, and its answer names the jobs", async () => {
	const setup = await start();
	const lost = setup.lose('/v1/push');
	const [result] = await setup.engine.push([
		{ ...batch('emails', 2), idempotency: { key: 'order 17', fingerprint: 'f' } },
	]);
	await lost;
	expect(result).toEqual({ status: 'duplicate', ids: [expect.any(String), expect.any(String)] });
	expect(await counts(setup)).toMatchObject({ waiting: 2 });
});

test('the jobs of a take arrive, and no others are leased', async () => {
	const setup = await start();
	await setup.engine.push([batch('emails', 5)]);
	for (const wait of [undefined, { waitMs: 20_000 }]) {
		const lost = setup.lose('/v1/take');
		const jobs = await setup.engine.take(TAKE, wait);
		await lost;
		expect(jobs.map(({ token }) => token)).toEqual([1, 1]);
	}
	expect(await counts(setup)).toMatchObject({ waiting: 1, active: 4 });
});

test('the jobs of a take that waited arrive, although their topic has been found empty since', async () => {
	const { engine, inner, port, lose } = await start();
	const answers: number[] = [];
	const take = inner.take.bind(inner);
	inner.take = async (request) => {
		const jobs = await take(request);
		answers.push(jobs.length);
		return jobs;
	};
	const lost = lose('/v1/take');
	const taking = engine.take(TAKE, { waitMs: 20_000 });
	await until(() => answers.length === 1, { what: 'the take to stand in line' });
	void remote(port).take(TAKE, { waitMs: 20_000 });
	await inner.push([batch('emails', 1)]);
	await lost;
	const { value, ms } = await timed(taking);
	expect(value).toMatchObject([{ token: 1 }]);
	// Well before silence is not believed in any more.
	expect(ms).toBeLessThan(1_000);
	expect(answers.toSorted()).toEqual([0, 0, 1, 1]);
});

test('an outcome counts once; the repetition says that this delivery has ended', async () => {
	const setup = await start();
	const { id, token } = await taken(setup);
	const lost = setup.lose('/v1/settle');
	const outcome = { id, token, outcome: 'complete', result: toRawJson('done') } as const;
	expect(await setup.engine.settle([outcome])).toEqual([{ status: 'stale' }]);
	await lost;
	expect(await setup.inner.getJobs([id])).toMatchObject([{ state: 'completed', result: '"done"' }]);
});

test('a settle with a take counts once, and its jobs arrive', async () => {
	const setup = await start();
	const { id, token } = await taken(setup);
	await setup.engine.push([batch('emails', 3)]);
	const lost = setup.lose('/v1/take');
	const { settled, jobs } = await setup.engine.settleAndTake([{ id, token, outcome: 'complete' }], TAKE);
	await lost;
	expect(settled).toEqual([{ status: 'stale' }]);
	expect(jobs).toHaveLength(2);
	expect(await counts(setup)).toMatchObject({ waiting: 1, active: 2, completed: 1 });
});

test('an extension, a setting and a read are repeated', async () => {
	const setup = await start();
	const { id, token } = await taken(setup);
	let lost = setup.lose('/v1/extend');
	expect(await setup.engine.extend([{ id, token }], 60_000)).toMatchObject([{ status: 'ok' }]);
	await lost;
	lost = setup.lose('/v1/topics/emails');
	expect(await setup.engine.putTopic('emails', { maxAttempts: 7 })).toEqual({ maxAttempts: 7 });
	await lost;
	lost = setup.lose('/v1/jobs/lookup');
	expect(await setup.engine.getJobs([id])).toMatchObject([{ id, state: 'active' }]);
	await lost;
});

test('a deletion is not repeated: it may have been made', async () => {
	const setup = await start();
	const [result] = await setup.engine.push([batch('emails', 1)]);
	const ids = result?.status === 'created' ? result.jobs.map(({ id }) => id) : [];
	const lost = setup.lose('/v1/jobs/delete');
	await expect(setup.engine.deleteJobs(ids)).rejects.toMatchObject({ code: 'AMBIGUOUS' });
	await lost;
	expect(await setup.engine.deleteJobs(ids)).toEqual([{ status: 'missing' }]);
});

test('a take that failed in doubt is taken over by the next one, its leases made new', async () => {
	const { port, inner } = await startServer();
	const engine = remote(port, { deadlineMs: 300 });
	await inner.push([batch('emails', 5)]);
	const take = inner.take.bind(inner);
	let answer = () => {};
	const held = new Promise<void>((resolve) => {
		answer = resolve;
	});
	inner.take = async (request) => {
		const jobs = await take(request);
		await held;
		return jobs;
	};
	await expect(engine.take(TAKE)).rejects.toMatchObject({ code: 'AMBIGUOUS' });
	const [first] = (await inner.listJobs({ topic: 'emails', state: 'active', cursor: null, limit: 9 })).jobs;
	answer();
	// Another kind of take has nothing to do with it.
	expect(await engine.take({ ...TAKE, leaseMs: 40_000 })).toHaveLength(2);
	const jobs = await engine.take({ ...TAKE, max: 1 });
	expect(jobs).toMatchObject([{ id: first?.id, token: 1 }]);
	expect(jobs[0]?.leaseExpiresAt).toBeGreaterThan(first?.leaseExpiresAt ?? 0);
	// What was more than asked for waits again, and has used no attempt.
	expect(await inner.getTopics(['emails'])).toMatchObject([{ counts: { waiting: 2, active: 3 } }]);
	expect(await engine.take(TAKE)).toMatchObject([{ token: 2, attempt: 1 }, { token: 1 }]);
});
