import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFailed, onTestFinished } from 'vitest';
import { findRedisServer } from './find-redis.mjs';

export interface RedisServerOptions {
	/** Default false: data die with the process. */
	appendonly?: boolean;
	/** Default everysec, as Redis has it. */
	appendfsync?: 'always' | 'everysec' | 'no';
	/** Such as '8mb'. Default none. */
	maxmemory?: string;
	/** More arguments, such as ['--requirepass', 'x']. */
	args?: string[];
	/** More of its environment, such as LD_PRELOAD. */
	env?: Record<string, string>;
}

const LOG_LINES = 30;
const START_TRIES = 10;
const START_DEADLINE_MS = 20_000;

/** Below the range that systems give to outgoing connections, so that a restart finds its port free. */
function randomPort(): number {
	return 10_000 + Math.floor(Math.random() * 22_000);
}

/**
 * A real redis-server (or valkey-server) on a loopback port and in a temporary folder.
 *
 * Life: start → (kill or stopProcess → restart)* → stop. pause and resume may come in between.
 * It only ever signals the process that it started itself.
 */
export class RedisServer {
	readonly dir: string;
	readonly port: number;
	readonly #options: RedisServerOptions;
	#child: ChildProcess | undefined;
	#log: string[] = [];

	private constructor(port: number, options: RedisServerOptions) {
		this.port = port;
		this.#options = options;
		this.dir = mkdtempSync(join(tmpdir(), 'millrace-redis-'));
	}

	/** Starts a server; resolves when it accepts connections. */
	static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
		let failure: unknown;
		for (let attempt = 0; attempt < START_TRIES; attempt++) {
			const server = new RedisServer(randomPort(), options);
			try {
				await server.#launch();
				return server;
			} catch (error) {
				failure = error;
				await server.stop();
				if (!server.logTail().includes('Address already in use')) break;
			}
		}
		throw failure;
	}

	get url(): string {
		return `redis://127.0.0.1:${this.port}`;
	}

	get pid(): number | undefined {
		return this.#child?.pid;
	}

	/** The last lines that the server printed. */
	logTail(): string {
		return this.#log.slice(-LOG_LINES).join('\n');
	}

	/** Ends the server as an operator does, and removes its folder. */
	async stop(): Promise<void> {
		await this.stopProcess();
		rmSync(this.dir, { recursive: true, force: true });
	}

	/** SIGTERM: an orderly shutdown that leaves the folder for `restart`. */
	stopProcess(): Promise<void> {
		return this.#end('SIGTERM');
	}

	/** SIGKILL: what was not on disk is lost. */
	kill(): Promise<void> {
		return this.#end('SIGKILL');
	}

	/** SIGSTOP: the server keeps its connections and answers nothing. */
	pause(): void {
		this.#child?.kill('SIGSTOP');
	}

	resume(): void {
		this.#child?.kill('SIGCONT');
	}

	/** Starts it again on the same port and folder, after stopProcess or kill. */
	async restart(): Promise<void> {
		if (this.#child !== undefined) await this.kill();
		await this.#launch();
	}

	#args(): string[] {
		const { appendonly = false, appendfsync = 'everysec', maxmemory, args = [] } = this.#options;
		return [
			...['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.dir, '--save', ''],
			...['--appendonly', appendonly ? 'yes' : 'no', '--appendfsync', appendfsync],
			...(maxmemory === undefined ? [] : ['--maxmemory', maxmemory]),
			...args,
		];
	}

	/** Resolves on the line that the server prints once it listens and has loaded its data. */
	#launch(): Promise<void> {
		const { path, problems } = findRedisServer();
		if (path === undefined) {
			throw new Error(`No Redis for the tests; run node scripts/ensure-redis.mjs. ${problems.join('. ')}`);
		}
		const env = { ...process.env, ...this.#options.env };
		const child = spawn(path, this.#args(), { env, stdio: ['ignore', 'pipe', 'pipe'] });
		this.#child = child;
		const killAtExit = () => child.kill('SIGKILL');
		process.once('exit', killAtExit);
		return new Promise<void>((resolve, reject) => {
			const fail = (what: string) => reject(new Error(`redis-server ${what}:\n${this.logTail()}`));
			const timer = setTimeout(() => fail(`was not ready after ${START_DEADLINE_MS} ms`), START_DEADLINE_MS);
			const onLine = (line: string) => {
				this.#log.push(line);
				if (!line.includes('Ready to accept connections')) return;
				clearTimeout(timer);
				resolve();
			};
			this.#readLines(child, onLine);
			child.once('error', (error) => fail(`could not be started (${error.message})`));
			child.once('close', (code, signal) => {
				clearTimeout(timer);
				process.removeListener('exit', killAtExit);
				if (this.#child === child) this.#child = undefined;
				fail(`ended (${code ?? signal})`);
			});
		});
	}

	#readLines(child: ChildProcess, onLine: (line: string) => void): void {
		for (const stream of [child.stdout, child.stderr]) {
			let rest = '';
			stream?.setEncoding('utf8').on('data', (text: string) => {
				const lines = (rest + text).split('\n');
				rest = lines.pop() ?? '';
				for (const line of lines) onLine(line);
				if (this.#log.length > 10 * LOG_LINES) this.#log = this.#log.slice(-LOG_LINES);
			});
		}
	}

	async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
		const child = this.#child;
		if (child === undefined) return;
		const closed = new Promise((resolve) => child.once('close', resolve));
		child.kill(signal);
		// A paused process would keep its SIGTERM waiting.
		child.kill('SIGCONT');
		await closed;
	}
}

/** A server of the current test's own: stopped when the test has finished, its log shown when the test failed. */
export async function redisForTest(options: RedisServerOptions = {}): Promise<RedisServer> {
	const server = await RedisServer.start(options);
	onTestFailed(() => console.error(`redis-server said:\n${server.logTail()}`));
	onTestFinished(() => server.stop());
	return server;
}
