import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { NewJob } from '../../src/core/job.ts';
import { toRawJson } from '../../src/core/json.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { newJob } from '../support/jobs.ts';
import { serve } from '../support/millrace-server.ts';
import { tempDir } from '../support/temp.ts';
import { until } from '../support/wait.ts';
import { closedPort, remote, TAKE, timed } from './kit.ts';

/** A place for a server: the same port and file each time that it is started. */
async function place() {
	const [port, path] = [await closedPort(), join(tempDir(), 'jobs.db')];
	const start = async () => {
		const server = serve(['--port', String(port), '--store', `sqlite:${path}`, '--log-level', 'silent']);
		await server.url();
		return server;
	};
	return { port, start };
}

/** Takes and completes jobs until the test ends, through whatever happens; notes what it did. */
function work(engine: Engine): { done: string[]; failures: unknown[] } {
	const seen = { done: [] as string[], failures: [] as unknown[] };
	const stop = new AbortController();
	onTestFinished(() => stop.abort());
	const step = async () => {
		const jobs = await engine.take({ ...TAKE, max: 10 }, { waitMs: 10_000, signal: stop.signal });
		await engine.settle(jobs.map(({ id, token }) => ({ id, token, outcome: 'complete' })));
		seen.done.push(...jobs.map(({ data }) => data));
	};
	const run = async () => {
		while (!stop.signal.aborted) {
			await step().catch(async (error) => {
				seen.failures.push(error);
				await pause(50);
			});
		}
	};
	void run();
	return seen;
}

const numbered = (n: number): NewJob => newJob({ data: toRawJson(n) });

test('pushes go on through kills of the server, each stored once', async () => {
	const { port, start } = await place();
	let server = await start();
	const engine = remote(port, { deadlineMs: 20_000 });
	const pushing = Array.from({ length: 8 }, async (_, lane) => {
		for (let n = lane; n < 400; n += 8) await engine.push([{ topic: 'emails', jobs: [numbered(n)] }]);
	});
	for (let kills = 0; kills < 2; kills++) {
		await pause(100);
		server.child.kill('SIGKILL');
		await server.exited;
		server = await start();
	}
	await Promise.all(pushing);
	const { jobs } = await engine.listJobs({ topic: 'emails', state: 'waiting', cursor: null, limit: 1_000 });
	const numbers = jobs.map(({ data }) => Number(data)).sort((a, b) => a - b);
	expect(numbers).toEqual(Array.from({ length: 400 }, (_, n) => n));
}, 60_000);

test('a take that waits survives restarts, and goes on within five seconds of each', async () => {
	const { port, start } = await place();
	let server = await start();
	const engine = remote(port);
	const { done } = work(engine);
	for (let round = 0; round < 3; round++) {
		server.child.kill(round % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
		await server.exited;
		server = await start();
		const began = performance.now();
		await engine.push([{ topic: 'emails', jobs: [numbered(round)] }]);
		await until(() => done.includes(String(round)), { what: `job ${round} to be done` });
		expect(performance.now() - began).toBeLessThan(5_000);
	}
	expect(done).toEqual(['0', '1', '2']);
}, 60_000);

test('a server that hangs holds nobody past a deadline; when it goes on, so does everything', async () => {
	const { port, start } = await place();
	const server = await start();
	const engine = remote(port, { deadlineMs: 1_000 });
	await engine.open();
	const { done, failures } = work(engine);
	for (let round = 0; round < 3; round++) {
		server.child.kill('SIGSTOP');
		const [push, read] = await Promise.all([
			timed(engine.push([{ topic: 'emails', jobs: [numbered(round)] }])),
			timed(engine.getJobs(['emails:1'])),
		]);
		expect([push.error?.code, read.error?.code]).toEqual(['AMBIGUOUS', 'UNAVAILABLE']);
		for (const { ms } of [push, read]) expect(ms).toBeLessThan(2_000);
		await until(() => failures.length > round, { what: 'the take to fail' });
		server.child.kill('SIGCONT');
		const began = performance.now();
		await until(() => engine.push([{ topic: 'emails', jobs: [numbered(100 + round)] }]).catch(() => undefined));
		await until(() => done.includes(String(100 + round)), { what: 'the job to be done' });
		expect(performance.now() - began).toBeLessThan(5_000);
	}
	// What was pushed in doubt was read by the server after it went on, and stored once: all tries had one key.
	await until(() => [0, 1, 2].every((n) => done.includes(String(n))), { what: 'the jobs in doubt' });
	expect(done.toSorted()).toEqual([...new Set(done)].toSorted());
}, 60_000);
