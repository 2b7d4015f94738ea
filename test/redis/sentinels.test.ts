import { expect, onTestFinished, test } from 'vitest';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { FakeSentinel } from '../support/fake-sentinel.ts';
import { batch } from '../support/jobs.ts';
import { redisForTest } from '../support/redis-server.ts';
import { ask, infoOf, pairForTest } from '../support/replicas.ts';
import { until } from '../support/wait.ts';

const DEADLINE_MS = 2_000;

function engineAt(sentinels: FakeSentinel[], credentials = ''): RedisEngine {
	const hosts = sentinels.map(({ address }) => address).join(',');
	const url = `redis+sentinel://${credentials}${hosts}/main`;
	const engine = new RedisEngine({ url, deadlineMs: DEADLINE_MS });
	onTestFinished(() => engine.close());
	return engine;
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
	// For jobs, and for hints.
	expect([silent.asked, ignorant.asked, knowing.asked]).toEqual([2, 2, 2]);
	await ask(server.url, 'CLIENT', 'KILL', 'TYPE', 'normal');
	await engine.ping();
	expect([silent.asked, knowing.asked]).toEqual([2, 3]);
});

test('when none answers, the error names each and what it said, without the password', async () => {
	const silent = await FakeSentinel.start('silence');
	const ignorant = await FakeSentinel.start('unknown');
	const failing = await FakeSentinel.start({ error: 'ERR busy with itself' });
	const engine = engineAt([silent, ignorant, failing], 'user:secret@');
	const start = performance.now();
	const error = await engine.open().catch((problem) => problem);
	expect(performance.now() - start).toBeLessThan(DEADLINE_MS + 1_000);
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
	await until(async () => (await ask(replica.url, 'HGET', 'mr:store', 'looks')) === '1', { what: 'the replica' });
	await ask(replica.url, 'REPLICAOF', 'NO', 'ONE');
	// Seen once more on the primary: a look that the replica has not.
	await ask(primary.url, 'CLIENT', 'KILL', 'TYPE', 'normal');
	await engine.ping();
	expect(await ask(primary.url, 'HGET', 'mr:store', 'looks')).toBe('2');
	sentinel.says = { port: replica.port };
	await primary.kill();
	await until(
		() =>
			engine.ping().then(
				() => true,
				() => false,
			),
		{ what: 'the replica to be used' },
	);
	expect(codesOf(engine)).toEqual(['loses_answered', 'set_back']);

	const stranger = await redisForTest();
	sentinel.says = { port: stranger.port };
	await replica.kill();
	await until(
		() =>
			engine.ping().then(
				() => true,
				() => false,
			),
		{ what: 'the stranger to be used' },
	);
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
