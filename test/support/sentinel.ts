import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findRedisServer } from './find-redis.mjs';
import type { RedisServer, RedisServerOptions } from './redis-server.ts';
import { ask, infoOf, startPair } from './replicas.ts';
import { until } from './wait.ts';

/** Under what name the sentinels of a group know it. */
const NAME = 'main';
const SENTINELS = 3;
const QUORUM = 2;
/** How long a primary may be silent. Low, so that a failover takes two or three seconds. */
const DOWN_AFTER_MS = 1_000;
const PATIENCE_MS = 60_000;

/** A process that watches a primary. */
class Sentinel {
	readonly port = 10_000 + Math.floor(Math.random() * 22_000);
	readonly #dir = mkdtempSync(join(tmpdir(), 'millrace-sentinel-'));
	readonly #child: ChildProcess;

	constructor(primaryPort: number) {
		const file = join(this.#dir, 'sentinel.conf');
		const lines = [
			`port ${this.port}`,
			'bind 127.0.0.1',
			`dir ${this.#dir}`,
			`sentinel monitor ${NAME} 127.0.0.1 ${primaryPort} ${QUORUM}`,
			`sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
			`sentinel failover-timeout ${NAME} 6000`,
		];
		writeFileSync(file, `${lines.join('\n')}\n`);
		this.#child = spawn(findRedisServer().path ?? 'redis-server', [file, '--sentinel'], { stdio: 'ignore' });
		const killAtExit = () => this.#child.kill('SIGKILL');
		process.once('exit', killAtExit);
		this.#child.once('close', () => process.removeListener('exit', killAtExit));
	}

	get url(): string {
		return `redis://127.0.0.1:${this.port}`;
	}

	/** Whether it knows the replica and the other sentinels: only then can it bring about a failover. */
	async isReady(): Promise<boolean> {
		const reply = await ask(this.url, 'SENTINEL', 'MASTER', NAME);
		const fields = new Map(Object.entries(reply ?? {}));
		return (
			fields.get('num-slaves') === '1' &&
			fields.get('num-other-sentinels') === String(SENTINELS - 1) &&
			fields.get('flags') === 'master'
		);
	}

	/** Port of the primary that it names. */
	async primaryPort(): Promise<number> {
		const reply = (await ask(this.url, 'SENTINEL', 'get-master-addr-by-name', NAME)) as string[];
		return Number(reply[1]);
	}

	async stop(): Promise<void> {
		if (this.#child.exitCode === null && this.#child.signalCode === null) {
			const closed = once(this.#child, 'close');
			this.#child.kill('SIGKILL');
			await closed;
		}
		rmSync(this.#dir, { recursive: true, force: true });
	}
}

/** A primary, its replica, and three sentinels that watch them and agree by two. */
export class SentinelGroup {
	readonly #servers: RedisServer[];
	readonly #sentinels: Sentinel[];

	private constructor(servers: RedisServer[], sentinels: Sentinel[]) {
		this.#servers = servers;
		this.#sentinels = sentinels;
	}

	static async start(options: RedisServerOptions = {}): Promise<SentinelGroup> {
		const { primary, replica } = await startPair(options);
		const sentinels = Array.from({ length: SENTINELS }, () => new Sentinel(primary.port));
		const group = new SentinelGroup([primary, replica], sentinels);
		await group.settled();
		return group;
	}

	/** The store URL. */
	get url(): string {
		return `redis+sentinel://${this.#sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}`;
	}

	/** The server that most sentinels name. */
	async primary(): Promise<RedisServer> {
		const named = await Promise.all(this.#sentinels.map((sentinel) => sentinel.primaryPort().catch(() => 0)));
		const [port] = named.toSorted((a, b) => count(named, b) - count(named, a));
		const server = this.#servers.find((one) => one.port === port);
		if (server === undefined) throw new Error(`The sentinels name ${named}`);
		return server;
	}

	/** The other one, whatever it is at the moment. */
	other(server: RedisServer): RedisServer {
		const found = this.#servers.find((one) => one !== server);
		if (found === undefined) throw new Error('The group has one server');
		return found;
	}

	/** Resolves with the new primary when all sentinels name another than this one, and it says so itself. */
	async failover(from: RedisServer): Promise<RedisServer> {
		const to = this.other(from);
		const isOver = async () => {
			const named = await Promise.all(this.#sentinels.map((sentinel) => sentinel.primaryPort()));
			return named.every((port) => port === to.port) && (await infoOf(to.url, 'role')) === 'master';
		};
		await until(() => isOver().catch(() => false), { timeoutMs: PATIENCE_MS, what: 'the failover' });
		return to;
	}

	/** Resolves when one of the two is a replica in sync with the other, and every sentinel sees it so: a failover can begin. */
	async settled(): Promise<void> {
		const isSo = async () => {
			const ready = await Promise.all(this.#sentinels.map((sentinel) => sentinel.isReady()));
			const replica = this.other(await this.primary());
			return ready.every(Boolean) && (await infoOf(replica.url, 'master_link_status')) === 'up';
		};
		await until(() => isSo().catch(() => false), {
			timeoutMs: PATIENCE_MS,
			what: 'the sentinels to see a primary and a replica',
		});
	}

	async stop(): Promise<void> {
		await Promise.all([...this.#sentinels, ...this.#servers].map((one) => one.stop()));
	}
}

function count<T>(list: T[], item: T): number {
	return list.filter((one) => one === item).length;
}

/** A group of the current test's own. */
export async function sentinelGroupForTest(options: RedisServerOptions = {}): Promise<SentinelGroup> {
	const group = await SentinelGroup.start(options);
	onTestFinished(() => group.stop());
	return group;
}
