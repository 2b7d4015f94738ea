import { expect, test } from 'vitest';
import { toRawJson } from '../../src/core/json.ts';
import { batch } from '../support/jobs.ts';
import { TcpProxy } from '../support/proxy.ts';
import { FakeServer, remote, says, startServer, TAKE } from './kit.ts';

test('batches that go together in one request are refused one by one when their topic has no room', async () => {
	const { port, inner } = await startServer();
	const engine = remote(port);
	await inner.putTopic('emails', { waitingBytes: 20 });
	const of = (length: number) => batch('emails', 1, { data: toRawJson('x'.repeat(length - 2)) });
	const results = await engine.push([of(8), of(30), of(9), of(4), batch('letters', 1), of(3)]);
	expect(results.map(({ status }) => status)).toEqual(['created', 'full', 'created', 'full', 'created', 'created']);
	expect((await inner.getTopics(['emails', 'letters'])).map((topic) => topic?.counts.waiting)).toEqual([3, 1]);
});

test('a failure after some of several batches were stored does not say that nothing was done', async () => {
	const full = JSON.stringify({ batches: [{ status: 'full', jobs: [] }], durability: 'memory' });
	const answers = [says(200, full), says(429, 'slow down', { 'retry-after': '60' })];
	const fake = await FakeServer.start((...args) => answers.shift()?.(...args));
	const pushing = remote(fake.port).push([batch('emails', 1), batch('emails', 1)]);
	await expect(pushing).rejects.toMatchObject({ code: 'AMBIGUOUS' });
});

test('a push whose reply is lost names the holder of its key, and does not say what it did', async () => {
	const { port } = await startServer();
	const proxy = await TcpProxy.start(port);
	const engine = remote(proxy.port);
	await engine.open();
	const unique = { key: 'k', scope: 'unfinished', onConflict: 'keep' } as const;
	const [first] = await engine.push([batch('emails', 1, { unique })]);
	if (first?.status !== 'created') throw new Error('The first push was not stored');
	const [holder] = first.jobs;
	expect(holder?.unique).toEqual({ outcome: 'free', holder: holder?.id, holderState: 'waiting' });
	await engine.take(TAKE);
	const lost = proxy.loseReplyTo((request) => request.includes(' /v1/push'));
	const [second] = await engine.push([batch('emails', 1, { unique })]);
	await lost;
	expect(second).toEqual({ status: 'created', jobs: [{ id: holder?.id, state: 'active' }] });
});

test('what a worker has taken in doubt goes to that worker, on the same terms', async () => {
	const bodies: { requestId: string; worker?: string; marks?: boolean }[] = [];
	const fake = await FakeServer.start((request, _response, body) => {
		bodies.push(JSON.parse(body));
		request.socket.destroy();
	});
	const engine = remote(fake.port, { deadlineMs: 200 });
	const mine = { ...TAKE, worker: 'w1', marks: true };
	await expect(engine.take(mine)).rejects.toMatchObject({ code: 'AMBIGUOUS' });
	const [inDoubt] = bodies;
	expect(inDoubt).toMatchObject({ worker: 'w1', marks: true });
	const idOf = async (request: typeof TAKE) => {
		const from = bodies.length;
		await engine.take(request).catch(() => {});
		return bodies[from]?.requestId;
	};
	expect(await idOf({ ...mine, worker: 'w2' })).not.toBe(inDoubt?.requestId);
	expect(await idOf({ ...mine, marks: false })).not.toBe(inDoubt?.requestId);
	expect(await idOf(mine)).toBe(inDoubt?.requestId);
});

test('a group may have any name that a path can hold', async () => {
	const { port, inner } = await startServer();
	const engine = remote(port);
	for (const group of ['a/b', '%2F', '?#', 'é "x"', '...']) {
		await engine.putGroup('emails', group, { weight: 3 });
		await engine.pauseGroup('emails', group, true);
		const expected = [{ group, paused: true, settings: { weight: 3 } }];
		expect(await inner.getGroups('emails', [group])).toMatchObject(expected);
		expect(await engine.getGroups('emails', [group])).toMatchObject(expected);
	}
	expect(await engine.listGroups({ topic: 'emails', cursor: null, limit: 10 })).toEqual(
		await inner.listGroups({ topic: 'emails', cursor: null, limit: 10 }),
	);
});
