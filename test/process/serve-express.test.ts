import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../support/wait.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/express/server.mjs');

test('examples/express serves the queue and its own page, and ends in order', async () => {
	const child = spawn(process.execPath, [EXAMPLE], { env: { ...process.env, PORT: '0', STORE: 'memory:' } });
	onTestFinished(() => void child.kill('SIGKILL'));
	let output = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
	const [url] = await until(() => /http:\/\/\S+/.exec(output), { what: `the example to start: ${output}` });
	expect(await (await fetch(url)).text()).toContain('An app with a queue');
	const headers = { 'content-type': 'application/json' };
	const push = await fetch(`${url}/api/jobs`, {
		method: 'POST',
		headers,
		body: '{"job":{"id":"job1"},"topic":"emails"}',
	});
	expect(push.status).toBe(201);
	const taken = (await (await fetch(`${url}/api/jobs/jobToRun?topic=emails`)).json()) as { job: { id: string } };
	expect(taken.job.id).toBe('job1');
	child.kill('SIGTERM');
	expect(await once(child, 'close')).toEqual([0, null]);
});
