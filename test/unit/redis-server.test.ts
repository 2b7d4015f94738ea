import { existsSync } from 'node:fs';
import { createClient } from 'redis';
import { expect, inject, test } from 'vitest';
import { type RedisServer, redisForTest } from '../support/redis-server.ts';

function newClient(url: string) {
	return createClient({ url, socket: { reconnectStrategy: false } });
}

async function withClient<T>(server: { url: string }, use: (client: ReturnType<typeof newClient>) => Promise<T>) {
	const client = newClient(server.url);
	client.on('error', () => {});
	await client.connect();
	try {
		return await use(client);
	} finally {
		client.destroy();
	}
}

const get = (server: RedisServer) => withClient(server, (client) => client.get('k'));
const set = (server: RedisServer) => withClient(server, (client) => client.set('k', 'v'));

test('the shared server answers as soon as tests run', async () => {
	expect(await withClient({ url: inject('redisUrl') }, (client) => client.ping())).toBe('PONG');
});

test('a killed server comes back on its port with what its log holds', async () => {
	const server = await redisForTest({ appendonly: true, appendfsync: 'always' });
	const { port } = server;
	await set(server);
	await server.kill();
	await expect(get(server)).rejects.toThrow();
	await server.restart();
	expect(server.port).toBe(port);
	expect(await get(server)).toBe('v');
});

test('without a log a restarted server is empty', async () => {
	const server = await redisForTest();
	await set(server);
	await server.restart();
	expect(await get(server)).toBeNull();
});

test('a paused server answers once it is resumed, and can be stopped while paused', async () => {
	const server = await redisForTest();
	await withClient(server, async (client) => {
		server.pause();
		const answer = client.ping();
		const first = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 50, 'silence'))]);
		expect(first).toBe('silence');
		server.resume();
		expect(await answer).toBe('PONG');
	});
	server.pause();
	await server.stop();
	expect(existsSync(server.dir)).toBe(false);
});

test('a server that cannot start says why', async () => {
	await expect(redisForTest({ args: ['--no-such-option', 'x'] })).rejects.toThrow(/no-such-option/);
});
