import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import { serve } from '../support/millrace-server.ts';
import { tempDir } from '../support/temp.ts';
import { ROUTES } from './api.ts';
import { HttpClient } from './client.ts';
import { Fuzzer } from './fuzzer.ts';
import { CANARY } from './strangers.ts';

const ADMIN_KEY = `root-${CANARY}`;
const PRELOAD = pathToFileURL(join(import.meta.dirname, 'preload.mjs')).href;
/** After this share of the requests the server is warm: what it holds then it may hold in the end. */
const WARM = 0.3;

interface Limits {
	seed: number;
	requests: number;
	/** It ends sooner than that, after so many. Default 60. */
	minutes?: number;
}

interface Report {
	requests: number;
	seconds: number;
	classes: Record<string, number>;
	statuses: Record<string, number>;
	/** Of the server, in MB: when it was warm, and in the end. */
	rssMb: [warm: number, end: number];
	/** How late its event loop was, in ms. */
	loopMs: { p50: number; p99: number; max: number };
	/** Routes of which no request was served. */
	unserved: string[];
}

/** Plays requests against a server of its own, and holds that it has kept its word. Prints what to tell of the run. */
export async function fuzz(store: string, { seed, requests, minutes = 60 }: Limits): Promise<Report> {
	const loopFile = join(tempDir(), 'loop.json');
	const env = { MILLRACE_ADMIN_KEY: ADMIN_KEY, NODE_OPTIONS: `--import ${PRELOAD}`, FUZZ_LOOP_FILE: loopFile };
	const server = serve(['--port', '0', '--store', store, '--log-level', 'debug'], env);
	const url = await server.url();
	const client = new HttpClient(url, ADMIN_KEY);
	const fuzzer = new Fuzzer(client, { url, seed });
	const start = Date.now();
	let warm = 0;
	const { outcome } = fuzzer;
	const share = () => Math.max(outcome.requests / requests, (Date.now() - start) / (minutes * 60_000));
	await fuzzer.run(() => {
		if (warm === 0 && share() >= WARM) warm = rssOf(server.child.pid);
		return share() < 1;
	});
	const seconds = (Date.now() - start) / 1_000;
	const end = rssOf(server.child.pid);
	client.close();
	server.child.kill('SIGTERM');
	const code = await server.exited;
	const { faults, statuses, secrets, served } = outcome;
	const report: Report = {
		requests: outcome.requests,
		seconds: Math.round(seconds),
		classes: classesOf(statuses),
		statuses,
		rssMb: [warm, end],
		loopMs: JSON.parse(readFileSync(loopFile, 'utf8')),
		unserved: unservedOf(served),
	};
	console.log(`${store.split(':')[0]}: seed ${seed} ${JSON.stringify(report)}`);
	expect(faults, `seed ${seed}:\n${faults.slice(0, 10).join('\n\n')}`).toEqual([]);
	const log = server.stdout + server.stderr;
	for (const secret of [ADMIN_KEY, ...secrets]) expect(log.includes(secret), 'a secret stands in the log').toBe(false);
	expect(log).not.toMatch(/"level":(50|60)/);
	expect(code, server.stderr.slice(-2_000)).toBe(0);
	return report;
}

function classesOf(statuses: Record<string, number>): Record<string, number> {
	const classes: Record<string, number> = {};
	for (const [status, count] of Object.entries(statuses)) {
		const name = `${status[0]}xx`;
		classes[name] = (classes[name] ?? 0) + count;
	}
	return classes;
}

function unservedOf(served: Record<string, number>): string[] {
	return ROUTES.map(({ name }) => name).filter((name) => served[name] === undefined);
}

function rssOf(pid: number | undefined): number {
	try {
		const kb = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
		return Math.round(Number(kb) / 1_024);
	} catch {
		// Only Linux has it.
		return 0;
	}
}
