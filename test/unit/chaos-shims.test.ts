import { createClient } from 'redis';
import { expect, onTestFinished, test } from 'vitest';
import { FaultyClock, FaultyDisk, whyNoShims } from '../chaos/shims/shims.ts';
import { end } from '../chaos/system.ts';
import { serve } from '../support/millrace-server.ts';
import { RedisServer } from '../support/redis-server.ts';
import { tempDir } from '../support/temp.ts';

// A disk that loses nothing and a clock that is right would let every fault of theirs pass.

const missing = whyNoShims();
if (missing !== undefined) console.log(`Skipped: ${missing}`);
const shimmed = test.skipIf(missing !== undefined);

const HOUR = 3_600_000;
const SLOW_MS = 300;

async function redisOn(env: Record<string, string>) {
	const server = await RedisServer.start({ appendonly: true, appendfsync: 'no', env });
	onTestFinished(() => server.stop());
	return server;
}

async function ask(server: RedisServer, ...commands: string[][]): Promise<unknown[]> {
	const client = createClient({ url: server.url, socket: { reconnectStrategy: false } });
	client.on('error', () => {});
	await client.connect();
	const replies: unknown[] = [];
	for (const command of commands) replies.push(await client.sendCommand(command));
	client.destroy();
	return replies;
}

/** `millrace serve` on a file. */
async function sqliteOn(env: Record<string, string>, dir = tempDir()) {
	const server = serve(['--port', '0', '--store', 'sqlite:./jobs.db', '--log-level', 'error'], env, dir);
	return { child: server.child, dir, url: await server.url() };
}

async function push(url: string): Promise<{ status: number; id: string; durability: string; ms: number }> {
	const start = performance.now();
	const headers = { 'content-type': 'application/json' };
	const response = await fetch(`${url}/v1/topics/t/jobs`, { method: 'POST', headers, body: '{"jobs":[{"data":1}]}' });
	const body = (await response.json()) as { jobs?: { id: string }[]; durability: string };
	const [job] = body.jobs ?? [];
	return { status: response.status, id: job?.id ?? '', durability: body.durability, ms: performance.now() - start };
}

const waiting = async (url: string) => {
	const response = await fetch(`${url}/v1/topics/t`);
	return ((await response.json()) as { counts?: { waiting: number } }).counts?.waiting ?? 0;
};

shimmed('a power cut takes from Redis what it has not synced, and only that', async () => {
	const disk = new FaultyDisk();
	const server = await redisOn(disk.env);
	await ask(server, ['CONFIG', 'SET', 'appendfsync', 'always'], ['SET', 'synced', '1']);
	await ask(server, ['CONFIG', 'SET', 'appendfsync', 'no'], ['SET', 'unsynced', '1']);
	await server.kill();
	disk.cutPower(server.dir);
	await server.restart();
	expect(await ask(server, ['GET', 'synced'], ['GET', 'unsynced'])).toEqual(['1', null]);
	await ask(server, ['SET', 'written', '1']);
	await server.kill();
	await server.restart();
	expect(await ask(server, ['GET', 'written'])).toEqual(['1']);
});

shimmed('a Redis that fails to sync ends, and starts again when its disk is well', async () => {
	const disk = new FaultyDisk();
	const server = await redisOn(disk.env);
	await ask(server, ['CONFIG', 'SET', 'appendfsync', 'always'], ['SET', 'a', '1']);
	disk.fail('keep');
	await expect(ask(server, ['SET', 'b', '1'])).rejects.toThrow();
	disk.heal();
	await server.restart();
	expect(await ask(server, ['GET', 'a'])).toEqual(['1']);
});

shimmed('an answer on SQLite waits for a slow sync, and none that failed is answered as synced', async () => {
	const disk = new FaultyDisk();
	const { url } = await sqliteOn(disk.env);
	await push(url);
	disk.slow(SLOW_MS);
	const { status, durability, ms } = await push(url);
	expect({ status, durability }).toEqual({ status: 201, durability: 'fsynced' });
	expect(ms).toBeGreaterThanOrEqual(SLOW_MS);
	disk.fail('keep');
	expect((await push(url)).status).toBe(503);
	disk.heal();
	expect((await push(url)).status).toBe(201);
});

shimmed('a power cut takes no answered push from SQLite', async () => {
	const disk = new FaultyDisk();
	const { child, dir, url } = await sqliteOn(disk.env);
	for (let n = 0; n < 20; n++) expect(await push(url)).toMatchObject({ status: 201, durability: 'fsynced' });
	await end(child);
	disk.cutPower(dir);
	const again = await sqliteOn(disk.env, dir);
	expect(await waiting(again.url)).toBe(20);
});

shimmed('the clock of Redis, and that of a server, is moved while it runs', async () => {
	const clock = new FaultyClock();
	const server = await redisOn(clock.env);
	const { url } = await sqliteOn(clock.env);
	const redisNow = async () => Number(((await ask(server, ['TIME']))[0] as string[])[0]) * 1_000;
	const millraceNow = async () => Number((await push(url)).id.split(':')[1]);
	for (const aheadMs of [0, HOUR]) {
		clock.set(aheadMs);
		for (const now of [await redisNow(), await millraceNow()]) {
			expect(Math.abs(now - Date.now() - aheadMs)).toBeLessThan(60_000);
		}
	}
	clock.set(-HOUR);
	expect(Math.abs((await redisNow()) - Date.now() + HOUR)).toBeLessThan(60_000);
});
