import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freshTopic, REDIS, STORES } from '../support/stores.ts';
import { WorkerProcess } from '../support/worker-process.ts';

const PROGRAM = join(import.meta.dirname, '../support/programs/exits.mjs');
/** Within which a process must have ended that has nothing left to do. */
const EXIT_MS = 15_000;

async function run(args: string[]) {
	const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
	onTestFinished(() => {
		child.kill('SIGKILL');
	});
	const timer = setTimeout(() => child.kill('SIGKILL'), EXIT_MS);
	const [stdout, stderr, [code, signal]] = await Promise.all([
		text(child.stdout),
		text(child.stderr),
		once(child, 'close'),
	]);
	clearTimeout(timer);
	return { stdout, stderr, exit: code ?? signal };
}

const WAYS = [
	'works',
	'leaves the worker to the client',
	'gives up a handler that never settles',
	'only pushes',
	'closes at once',
];

describe.each(STORES)('a process that closes its client on $name exits by itself', ({ url }) => {
	test.each(WAYS)('one that %s', async (way) => {
		const ran = await run([await url(), freshTopic(), way]);
		expect(ran).toEqual({ stdout: 'done\n', stderr: '', exit: 0 });
	});
});

test.each(['SIGTERM', 'SIGINT'] as const)('closeOnSignal lets a process drain and exit on %s', async (signal) => {
	const worker = new WorkerProcess({ url: await REDIS.url(), topic: freshTopic(), behaviour: 'work' });
	await worker.ready();
	worker.child.kill(signal);
	expect(await worker.exited).toBe(0);
	expect(worker.stderr).toBe('');
});
