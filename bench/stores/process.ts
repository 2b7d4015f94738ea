import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function temporaryFolder(): { path: string; remove: () => void } {
	const path = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
	return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (address === null || typeof address === 'string') throw new Error('no port was given');
	return address.port;
}

/** @throws a line for the report when the program is not on this machine */
export function require(program: string, hint: string): void {
	if (spawnSync('which', [program]).status !== 0) throw new Error(`${program} is not installed (${hint})`);
}

/** Starts a program and waits until `isUp` says so. */
export async function start(
	program: string,
	args: string[],
	isUp: () => Promise<boolean>,
	env: Record<string, string> = {},
): Promise<ChildProcess> {
	const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } });
	const end = Date.now() + 20_000;
	while (Date.now() < end) {
		if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
		if (await isUp().catch(() => false)) return child;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	child.kill('SIGKILL');
	throw new Error(`${program} did not start within 20 s`);
}

export async function stop(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const ended = new Promise((resolve) => child.once('exit', resolve));
	child.kill('SIGTERM');
	await ended;
}
