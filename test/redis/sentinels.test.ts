import { expect, onTestFinished, test } from 'vitest';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { FakeSentinel } from '../support/fake-sentinel.ts';
import { batch } from '../support/jobs.ts';
import { redisForTest } from '../support/redis-server.ts';
import { ask, infoOf, pairForTest } from '../support/replicas.ts';
import { until } from '../support/wait.ts';

/** Long, for a machine that has much else to do. */
const DEADLINE_MS = 15_000;

function engineAt(sentinels: FakeSentinel[], credentials = '', deadlineMs = DEADLINE_MS): RedisEngine {
	const hosts = sentinels.map(({ address }) => address).join(',');
	const url = `redis+sentinel://${credentials}${hosts}/main`;
	const engine = new RedisEngine({ url, deadlineMs });
	onTestFinished(() => engine.close());
	return engine;
}

async function answers(engine: RedisEngine): Promise<void> {
	const isAnswered = () =>
		engine.ping().then(
			() => true,
			() => false,
		);
	await until(isAnswered, { timeoutMs: 30_000, what: 'the engine to answer' });
}

const codesOf = (engine: RedisEngine) => engine.notices.list().map(({ code }) => code);

test('a sentinel that is away, hangs or does not know is passed over for one that answers, which is asked first from then on', async () => {
	const server = await redisForTest();
	const silent = await FakeSentinel.start('silence');
	const ignorant = await FakeSentinel.start('unknown');
	const knowing = await FakeSentinel.start({ port: server.port });
	const engine = engineAt([silent, ignorant, knowing]);
	await engine.open();
	await engine.push([batch('emails', 1)]);
	expect(await ask(server.url, 'HLEN', 'mr:{emails/0}:jobs')).toBe(1);
	const before = [silent.asked, ignorant.asked, knowing.asked];
	expect(before.every((times) => times > 0)).toBe(true);
	await ask(server.url, 'CLIENT', 'KILL', 'TYPE', 'normal');
	await answers(engine);
	expect([silent.asked, ignorant.asked]).toEqual(before.slice(0, 2));
	expect(knowing.asked).toBeGreaterThan(before[2] ?? 0);
});

test('when none answers, the error names each and what it said, without the password', async () => {
	const silent = await FakeSentinel.start('silence');
	const ignorant = await FakeSentinel.start('unknown');
	const failing = await FakeSentinel.start({ error: 'ERR busy with itself' });
	const engine = engineAt([silent, ignorant, failing], 'user:secret@', 3_000);
	const start = performance.now();
	const error = await engine.open().catch((problem) => problem);
	expect(performance.now() - start).toBeLessThan(10_000);
	expect(error).toMatchObject({ code: 'UNAVAILABLE' });
	expect(error.message).toMatch(/^No sentinel says where main is \(/);
	expect(error.message).toMatch(new RegExp(`${silent.address}: no answer in \\d+ ms`));
	expect(error.message).toContain(`${ignorant.address} knows no primary of that name`);
	expect(error.message).toContain(`${failing.address}: ERR busy with itself`);
	expect(error.message).toMatch(/; check that they run/);
	expect(error.message).not.toContain('secret');
});

test('a server that says itself that it is a replica is not used, and the sentinels are asked again', async () => {
	const { primary, replica } = await pairForTest();
	const sentinel = await FakeSentinel.start({ port: replica.port });
	const engine = engineAt([sentinel]);
	const opening = engine.open();
	await until(() => sentinel.asked > 1, { what: 'the sentinel to be asked again' });
	sentinel.says = { port: primary.port };
	await opening;
	expect(await engine.push([batch('emails', 1)])).toMatchObject([{ status: 'created' }]);
});

test('a server that becomes a replica under the hands of the engine is left for the one that took its place', async () => {
	const { primary, replica } = await pairForTest();
	const sentinel = await FakeSentinel.start({ port: primary.port });
	const engine = engineAt([sentinel]);
	await engine.open();
	await engine.push([batch('emails', 1)]);
	await until(async () => (await ask(replica.url, 'HLEN', 'mr:{emails/0}:jobs')) === 1, { what: 'the replica' });
	await ask(replica.url, 'REPLICAOF', 'NO', 'ONE');
	sentinel.says = { port: replica.port };
	await ask(primary.url, 'REPLICAOF', '127.0.0.1', String(replica.port));
	// Nobody has ended its connections: the first write learns it.
	expect(await engine.push([batch('emails', 1)])).toMatchObject([{ status: 'created' }]);
	expect(await ask(replica.url, 'HLEN', 'mr:{emails/0}:jobs')).toBe(2);
	expect(await infoOf(primary.url, 'role')).toBe('slave');
	expect(codesOf(engine)).toEqual(['loses_answered']);
});

test('a replica that takes over without the latest writes is the same store, set back; another server is another store', async () => {
	const { primary, replica } = await pairForTest();
	const sentinel = await FakeSentinel.start({ port: primary.port });
	const engine = engineAt([sentinel]);
	await engine.open();
	const looks = async (url: string) => Number(await ask(url, 'HGET', 'mr:store', 'looks'));
	await until(async () => (await looks(replica.url)) > 0, { what: 'the replica' });
	await ask(replica.url, 'REPLICAOF', 'NO', 'ONE');
	// Seen once more on the primary: a look that the replica has not.
	await ask(primary.url, 'CLIENT', 'KILL', 'TYPE', 'normal');
	await answers(engine);
	expect(await looks(primary.url)).toBeGreaterThan(await looks(replica.url));
	sentinel.says = { port: replica.port };
	await primary.kill();
	await answers(engine);
	expect(codesOf(engine)).toEqual(['loses_answered', 'set_back']);

	const stranger = await redisForTest();
	sentinel.says = { port: stranger.port };
	await replica.kill();
	await answers(engine);
	expect(codesOf(engine)).toContain('emptied');
});

test('sentinels that want a password get the one of the servers', async () => {
	const server = await redisForTest({ args: ['--requirepass', 'secret'] });
	const guarded = await redisForTest({ args: ['--requirepass', 'secret'] });
	const engine = new RedisEngine({ url: `redis+sentinel://:secret@127.0.0.1:${guarded.port}/main` });
	onTestFinished(() => engine.close());
	// A server is no sentinel, but it asks for a password as one does; past it, it does not know the command.
	await expect(engine.open()).rejects.toThrow(/ERR unknown command 'SENTINEL'/);
	const wrong = new RedisEngine({ url: `redis+sentinel://127.0.0.1:${server.port}/main`, deadlineMs: 500 });
	onTestFinished(() => wrong.close());
	await expect(wrong.open()).rejects.toThrow(/NOAUTH/);
});
