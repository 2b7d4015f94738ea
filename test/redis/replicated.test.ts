import { expect, onTestFinished, test } from 'vitest';
import { batching } from '../../src/engine/batching.ts';
import type { Engine, PushBatch } from '../../src/engine/engine.ts';
import { newClient } from '../../src/engine/redis/client.ts';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { ReplicaWait } from '../../src/engine/redis/replica-wait.ts';
import { connect } from '../../src/sdk/index.ts';
import { startService } from '../../src/server/service.ts';
import { FakeSentinel } from '../support/fake-sentinel.ts';
import { batch } from '../support/jobs.ts';
import { TcpProxy } from '../support/proxy.ts';
import { redisForTest } from '../support/redis-server.ts';
import { ask, infoOf, pairForTest } from '../support/replicas.ts';
import { until } from '../support/wait.ts';

const TAKE = { topics: ['emails'], max: 10, leaseMs: 60_000 };

const asking = (topic = 'emails', count = 1): PushBatch => ({ ...batch(topic, count), durability: 'replicated' });

async function openEngine(url: string, deadlineMs = 4_000): Promise<Engine> {
	const engine = new RedisEngine({ url, deadlineMs });
	onTestFinished(() => engine.close());
	await engine.open();
	return engine;
}

async function waiting(engine: Engine, topic = 'emails'): Promise<number | undefined> {
	const [found] = await engine.getTopics([topic]);
	return found?.counts.waiting;
}

const waits = async (url: string) => Number(/calls=(\d+)/.exec((await infoOf(url, 'cmdstat_wait')) ?? 'calls=0')?.[1]);

test('a push that asks for it is answered when the replica has it', async () => {
	const { primary, replica } = await pairForTest();
	const engine = await openEngine(primary.url);
	const results = await engine.push([asking('emails', 3), batch('letters', 1)]);
	expect(results).toMatchObject([{ status: 'created', durability: 'replicated' }, { status: 'created' }]);
	expect(results[1]).not.toHaveProperty('durability');
	expect(await ask(replica.url, 'HLEN', 'mr:{emails/0}:jobs')).toBe(3);
	expect(await ask(replica.url, 'ZRANGE', 'mr:topics', '0', '-1')).toEqual(['emails', 'letters']);
});

test.each([
	['memory', {}],
	['fsynced', { appendonly: true, appendfsync: 'always' }],
] as const)(
	'while the replica stands still it is answered with %s, stored once, and others do not wait',
	async (reached, options) => {
		const { primary, replica } = await pairForTest(options);
		const engine = await openEngine(primary.url);
		await engine.push([asking()]);
		replica.pause();
		let isAnswered = false;
		const pushing = engine.push([asking()]).finally(() => {
			isAnswered = true;
		});
		const isHeldUp = async () => /cmd=wait/.test(String(await ask(primary.url, 'CLIENT', 'LIST')));
		await until(isHeldUp, { what: 'the push to wait' });
		expect(await engine.take(TAKE)).toHaveLength(2);
		await engine.push([batch('letters', 1)]);
		await engine.ping();
		expect(isAnswered).toBe(false);
		expect(await pushing).toMatchObject([{ status: 'created', durability: reached }]);
		expect(await waiting(engine)).toBe(0);
	},
);

test('without a replica it is answered with what the server does anyway', async () => {
	const server = await redisForTest();
	const engine = await openEngine(server.url);
	expect(await engine.push([asking()])).toMatchObject([{ status: 'created', durability: 'memory' }]);
});

test('a push under a known key may ask for more than the first one, and a conflict asks for nothing', async () => {
	const { primary } = await pairForTest();
	const engine = await openEngine(primary.url);
	const idempotency = { key: 'k', fingerprint: 'f' };
	const [first] = await engine.push([{ ...batch('emails', 1), idempotency }]);
	expect(first).not.toHaveProperty('durability');
	const other = { key: 'k', fingerprint: 'g' };
	const again = await engine.push([
		{ ...asking(), idempotency },
		{ ...asking(), idempotency: other },
	]);
	expect(again).toMatchObject([{ status: 'duplicate', durability: 'replicated' }, { status: 'conflict' }]);
	expect(again[1]).not.toHaveProperty('durability');
});

test('pushes that come together share a wait, also where nobody batches them', async () => {
	const { primary } = await pairForTest();
	const bare = await openEngine(primary.url);
	for (const engine of [batching(bare), bare]) {
		await engine.push([asking()]);
		const before = await waits(primary.url);
		const results = await Promise.all(Array.from({ length: 200 }, () => engine.push([asking()])));
		expect(results.flat().every((result) => 'durability' in result && result.durability === 'replicated')).toBe(true);
		expect((await waits(primary.url)) - before).toBeLessThan(20);
	}
	expect(await waiting(bare)).toBe(402);
});

test('pushes that do not ask wait for nothing and need no connection more', async () => {
	const { primary } = await pairForTest();
	const engine = await openEngine(primary.url);
	const before = Number(await infoOf(primary.url, 'total_connections_received'));
	await engine.push([batch('emails', 1)]);
	const after = Number(await infoOf(primary.url, 'total_connections_received'));
	// The one that asks for it.
	expect([await waits(primary.url), after - before]).toEqual([0, 1]);
});

test('a client that has written nothing itself is not told by WAIT that the replica has what others wrote', async () => {
	const { primary, replica } = await pairForTest();
	const [naive, client] = [newClient(primary.url), newClient(primary.url)];
	for (const one of [naive, client]) {
		onTestFinished(() => one.destroy());
		await one.connect();
		expect(await one.sendCommand(['WAIT', '1', '5000'])).toBe(1);
	}
	replica.pause();
	await ask(primary.url, 'SET', 'k', 'v');
	// What makes it a trap: of what this client has sent nothing is missing.
	expect(await naive.sendCommand(['WAIT', '1', '100'])).toBe(1);
	const wait = new ReplicaWait(client, { key: 'mr:store', waitMs: 100, disks: false });
	expect(await wait.reached()).toEqual({ replica: false, disk: false });
});

test('a push whose answer is lost is stored once, and a replica that has not got it is not taken for one that has', async () => {
	const { primary, replica } = await pairForTest();
	const proxy = await TcpProxy.start(primary.port);
	const engine = await openEngine(`redis://127.0.0.1:${proxy.port}`);
	await engine.push([asking()]);
	replica.pause();
	const lost = proxy.loseReplyTo((request) => request.includes('FCALL'));
	const [result] = await engine.push([asking()]);
	await lost;
	expect(result).toMatchObject({ status: 'created', durability: 'memory' });
	replica.resume();
	const second = proxy.loseReplyTo((request) => /\r\nWAIT\r\n/.test(request));
	expect(await engine.push([asking()])).toMatchObject([{ status: 'created', durability: 'replicated' }]);
	await second;
	expect(await waiting(engine)).toBe(3);
});

test('a push whose server is replaced before it knows of its replica is made anew on the other one, all of it', async () => {
	const { primary } = await pairForTest();
	const other = await redisForTest();
	const proxy = await TcpProxy.start(primary.port);
	const sentinel = await FakeSentinel.start({ port: proxy.port });
	// Two servers are met, and a whole WAIT is waited: longer than usual on a busy machine.
	const engine = await openEngine(`redis+sentinel://${sentinel.address}/main`, 20_000);
	await engine.push([asking('a')]);
	const lost = proxy.loseReplyTo((request) => /\r\nWAIT\r\n/.test(request));
	void lost.then(() => {
		sentinel.says = { port: other.port };
		proxy.cut();
	});
	expect(await engine.push([asking('a', 2), asking('b', 3)])).toMatchObject([
		{ status: 'created', durability: 'memory' },
		{ status: 'created', durability: 'memory' },
	]);
	expect(await ask(other.url, 'HLEN', 'mr:{a/0}:jobs')).toBe(2);
	expect(await ask(other.url, 'HLEN', 'mr:{b/0}:jobs')).toBe(3);
	expect(await ask(other.url, 'ZRANGE', 'mr:topics', '0', '-1')).toEqual(['a', 'b']);
});

test('a server that stands still while it waits is given up within the deadline', async () => {
	const { primary } = await pairForTest();
	const engine = await openEngine(primary.url, 1_000);
	await engine.push([asking()]);
	primary.pause();
	const start = performance.now();
	await expect(engine.push([asking()])).rejects.toMatchObject({ code: 'AMBIGUOUS' });
	expect(performance.now() - start).toBeLessThan(10_000);
});

test('a client of a server is told what its push reached, while others of that server are told of theirs', async () => {
	const { primary } = await pairForTest();
	const { app, close } = await startService({ store: primary.url });
	onTestFinished(close);
	const client = connect(await app.listen({ host: '127.0.0.1', port: 0 }));
	onTestFinished(() => client.close());
	const [asked, plain] = await Promise.all([
		client.push('emails', 1, { durability: 'replicated' }),
		client.push('emails', 2),
	]);
	expect([asked.durability, plain.durability]).toEqual(['replicated', 'memory']);
	expect((await client.topic('emails'))?.counts.waiting).toBe(2);
});
