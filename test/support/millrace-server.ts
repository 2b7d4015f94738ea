import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { tempDir } from './temp.ts';
import { until } from './wait.ts';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');

/** `millrace` as a process of its own, from `dist/`. */
export class MillraceServer {
	readonly child: ChildProcess;
	stdout = '';
	stderr = '';
	readonly exited: Promise<number | null>;

	constructor(args: string[], env: Record<string, string>, cwd: string) {
		const { PATH = '' } = process.env;
		this.child = spawn(process.execPath, [MAIN, ...args], {
			cwd,
			env: { PATH, ...env },
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		this.child.stdout?.on('data', (chunk) => {
			this.stdout += chunk;
		});
		this.child.stderr?.on('data', (chunk) => {
			this.stderr += chunk;
		});
		this.exited = once(this.child, 'close').then(([code]) => code);
	}

	/** The URL that the server has printed. */
	async url(): Promise<string> {
		const printed = () => /listens on (https?:\S+)/.exec(this.stdout)?.[1];
		await until(() => printed() ?? this.child.exitCode !== null, { timeoutMs: 30_000, what: 'the server to start' });
		const url = printed();
		if (url === undefined) throw new Error(`The server ended: ${this.stderr}`);
		return url;
	}

	/** The lines on stderr that are not log records. */
	complaints(): string[] {
		return this.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
	}
}

/** `millrace serve` in a folder and an environment of its own, killed when the test has finished. */
export function serve(args: string[], env: Record<string, string> = {}, cwd = tempDir()): MillraceServer {
	const server = new MillraceServer(['serve', ...args], env, cwd);
	onTestFinished(() => {
		server.child.kill('SIGKILL');
	});
	return server;
}
