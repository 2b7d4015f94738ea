import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serve } from '../support/millrace-server.ts';
import { redisForTest } from '../support/redis-server.ts';
import { tempDir } from '../support/temp.ts';

const EXAMPLE = 'examples/checksums';
const COPIES = 4;
const WORKERS = 4;

/** The installed packages, several times over as hard links: tens of thousands of real files. */
function manyFiles(): string {
	const dir = tempDir();
	for (let i = 0; i < COPIES; i++) execFileSync('cp', ['-rl', 'node_modules', join(dir, `copy${i}`)]);
	return dir;
}

function sha256sums(dir: string): string[] {
	const list = execFileSync('sh', ['-c', `find "${dir}" -type f -print0 | xargs -0 sha256sum`], { maxBuffer: 1e9 });
	return list.toString().trimEnd().split('\n').sort();
}

function run(script: string, args: string[], url: string): ChildProcess {
	const child = spawn(process.execPath, [join(EXAMPLE, script), ...args], {
		env: { ...process.env, MILLRACE_URL: url },
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	onTestFinished(() => void child.kill('SIGKILL'));
	return child;
}

async function finish(child: ChildProcess): Promise<void> {
	const [code] = await once(child, 'exit');
	expect(code).toBe(0);
}

/** Rejects when one of the processes ends by itself: without workers the collector would wait for ever. */
function untilOneEnds(children: ChildProcess[]): Promise<never> {
	const ends = children.map((child) => once(child, 'exit').then(([code]) => code));
	return Promise.race(ends).then((code) => {
		throw new Error(`a worker ended with ${code}`);
	});
}

async function computesEverySumOnce(store: string): Promise<void> {
	const dir = manyFiles();
	const url = await serve(['--port', '0', '--store', store]).url();
	const workers = Array.from({ length: WORKERS }, () => run('worker.mjs', [], url));

	// The victim dies in the middle of its work: it has read files and holds more.
	const [victim, ...others] = workers;
	if (victim?.stdout) {
		once(victim.stdout, 'data').then(() => victim.kill('SIGKILL'));
	}
	await finish(run('push.mjs', [dir], url));
	const target = join(tempDir(), 'sums.txt');
	await Promise.race([finish(run('collect.mjs', [target], url)), untilOneEnds(others)]);

	expect(victim?.signalCode).toBe('SIGKILL');
	const sums = readFileSync(target, 'utf8').trimEnd().split('\n');
	const expected = sha256sums(dir);
	expect(expected.length).toBeGreaterThan(10_000);
	expect(sums.length).toBe(expected.length);
	expect(sums).toEqual(expected);
}

describe('four workers, one of them killed midway, compute the sum of every file once', () => {
	test('on SQLite', () => computesEverySumOnce(`sqlite:${join(tempDir(), 'jobs.db')}`), 120_000);

	test('on Redis', async () => {
		const redis = await redisForTest();
		await computesEverySumOnce(redis.url);
	}, 120_000);
});
