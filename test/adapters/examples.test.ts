import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../support/wait.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');

function start(args: string[], env: Record<string, string> = {}) {
	const child = spawn(process.execPath, args, {
		cwd: EXAMPLES,
		env: { ...process.env, STORE: 'memory:', PORT: '0', ...env },
	});
	onTestFinished(() => void child.kill('SIGKILL'));
	const printed = { text: '' };
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed.text += chunk));
	return { child, printed, closed: once(child, 'close') };
}

test.each(['fastify', 'express-worker'])('examples/%s pushes, works and ends in order', async (name) => {
	const { child, printed, closed } = start([`${name}/server.mjs`]);
	const [url] = await until(() => /http:\/\/\S+/.exec(printed.text), { what: `the example to start: ${printed.text}` });
	const pushed = await fetch(`${url}/greet/Ada`, { method: 'POST' });
	expect(pushed.status).toBe(202);
	const { id } = (await pushed.json()) as { id: string };
	const result = await fetch(`${url}/result/${encodeURIComponent(id)}`);
	expect(await result.json()).toEqual({ result: 'Hello, Ada!' });
	child.kill('SIGTERM');
	expect(await closed).toEqual([0, null]);
});

test('examples/nestjs works on the job that it pushes, and ends', async () => {
	const { printed, closed } = start(['nestjs/app.mjs'], { ONCE: '1' });
	expect(await closed).toEqual([0, null]);
	expect(printed.text).toBe('Hello, Ada!\n');
});

test('examples/nestjs ends at SIGTERM by Nest’s own hooks', async () => {
	const { child, printed, closed } = start(['nestjs/app.mjs'], { ONCE: '' });
	await until(() => printed.text.includes('Hello, Ada!'), { what: `the example: ${printed.text}` });
	child.kill('SIGTERM');
	// Nest ends with the signal that it got.
	expect(await closed).toEqual([null, 'SIGTERM']);
});

test('examples/testing passes', async () => {
	const { printed, closed } = start(['--test', 'testing/greet.test.mjs']);
	expect(await closed).toEqual([0, null]);
	expect(printed.text).toContain('pass 2');
});
