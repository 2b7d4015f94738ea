import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from 'redis';
import { expect, onTestFinished, test } from 'vitest';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { LAYOUT } from '../../src/engine/redis/generation.ts';
import { type RedisServer, type RedisServerOptions, redisForTest } from '../support/redis-server.ts';
import { until } from '../support/wait.ts';

async function opened(server: RedisServer): Promise<RedisEngine> {
	const engine = new RedisEngine({ url: server.url });
	await engine.open();
	onTestFinished(() => engine.close());
	return engine;
}

async function admin(server: RedisServer) {
	const client = createClient({ url: server.url, socket: { reconnectStrategy: false } });
	// The tests end its server.
	client.on('error', () => {});
	await client.connect();
	onTestFinished(() => client.destroy());
	return client;
}

/** Ends the server by force and starts it again; resolves when the engine has found it. */
async function restarted(server: RedisServer, engine: RedisEngine): Promise<void> {
	await server.kill();
	await server.restart();
	await until(() =>
		engine.ping().then(
			() => true,
			() => false,
		),
	);
}

/** Why an engine does not open there. */
async function refusal(server: RedisServer): Promise<string> {
	const error = await new RedisEngine({ url: server.url }).open().then(
		() => null,
		(problem: unknown) => problem,
	);
	expect(error).toMatchObject({ code: 'STORE_REFUSED' });
	const { message } = error as Error;
	expect(message).not.toContain('\n');
	return message;
}

const codes = ({ notices }: RedisEngine) => notices.list().map(({ code }) => code);

test.each([
	'allkeys-lru',
	'allkeys-lfu',
	'allkeys-random',
	'volatile-lru',
	'volatile-lfu',
	'volatile-random',
	'volatile-ttl',
])('a server that may throw jobs away is refused: %s', async (policy) => {
	const server = await redisForTest({ maxmemory: '64mb', args: ['--maxmemory-policy', policy] });
	expect(await refusal(server)).toContain(`maxmemory-policy ${policy}`);
	const client = await admin(server);
	await client.configSet('maxmemory-policy', 'noeviction');
	expect(codes(await opened(server))).toEqual(['loses_answered']);
});

test('without a limit of memory nothing is thrown away: such a server is served, and a notice says what would be', async () => {
	const server = await redisForTest({ args: ['--maxmemory-policy', 'allkeys-lru'] });
	expect(codes(await opened(server))).toContain('may_evict');
});

test('a replica is refused, and its primary named', async () => {
	const primary = await redisForTest();
	const replica = await redisForTest({ args: ['--replicaof', '127.0.0.1', String(primary.port)] });
	expect(await refusal(replica)).toContain(`a replica of 127.0.0.1:${primary.port}`);
	await opened(primary);
});

test('a node of a cluster is refused', async () => {
	expect(await refusal(await redisForTest({ args: ['--cluster-enabled', 'yes'] }))).toContain('Redis Cluster');
});

test('a database of a newer Millrace is refused before anything is written', async () => {
	const server = await redisForTest();
	const client = await admin(server);
	await client.hSet('mr:store', 'layout', LAYOUT + 1);
	expect(await refusal(server)).toContain(`layout ${LAYOUT + 1} of a newer Millrace`);
	expect(await client.hGetAll('mr:store')).toEqual({ layout: String(LAYOUT + 1) });
});

test.each<[string, RedisServerOptions, string | null]>([
	['no AOF', {}, 'appendonly no'],
	['everysec', { appendonly: true }, 'appendfsync everysec'],
	['always', { appendonly: true, appendfsync: 'always' }, null],
])('a notice says what may be lost: %s', async (_name, options, words) => {
	const engine = await opened(await redisForTest(options));
	expect(engine.durability).toBe(words === null ? 'fsynced' : 'memory');
	if (words === null) expect(engine.notices.list()).toEqual([]);
	else
		expect(engine.notices.list()).toMatchObject([{ code: 'loses_answered', message: expect.stringContaining(words) }]);
});

test('a server that is restarted with all its data, and one that only lost connections, is the one of before', async () => {
	const server = await redisForTest({ appendonly: true, appendfsync: 'always' });
	const engine = await opened(server);
	await (await admin(server)).sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
	await engine.ping();
	await restarted(server, engine);
	expect(engine.notices.list()).toEqual([]);
});

test('a server that comes back empty is told of, and served', async () => {
	const server = await redisForTest();
	const engine = await opened(server);
	const heard: string[] = [];
	engine.notices.on(({ code }) => heard.push(code));
	await restarted(server, engine);
	expect(codes(engine)).toContain('emptied');
	expect(heard).toEqual(['emptied']);
});

test('a server that comes back in an older state is told of', async () => {
	const server = await redisForTest();
	const engine = await opened(server);
	const client = await admin(server);
	await client.sendCommand(['SAVE']);
	copyFileSync(join(server.dir, 'dump.rdb'), join(server.dir, 'backup.rdb'));
	// Somebody works on: another engine that opens is enough.
	await opened(server);
	await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
	await engine.ping();
	await restarted(server, engine);
	expect(codes(engine)).toContain('set_back');
	expect(codes(engine)).not.toContain('emptied');
});

test('a full server can still be opened', async () => {
	const server = await redisForTest({ maxmemory: '8mb' });
	const engine = await opened(server);
	const client = await admin(server);
	await client.configSet('maxmemory', '1');
	await opened(server);
	await engine.ping();
	expect(codes(engine)).toEqual(['loses_answered']);
});
