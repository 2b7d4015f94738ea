import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFailed, onTestFinished } from 'vitest';
import type { Duration } from '../../src/sdk/index.ts';
import { until } from './wait.ts';

const PROGRAM = join(import.meta.dirname, 'programs/worker.mjs');

export interface WorkerProcessOptions {
	url: string;
	topic: string;
	/** What its handlers do, unless the job's data say otherwise. */
	behaviour: 'work' | 'hang' | 'untilAborted' | 'spin' | 'exit';
	/** File that every start of a handler is appended to. */
	starts?: string;
	/** File that every end of a handler is appended to, in the same form. */
	ends?: string;
	concurrency?: number;
	lease?: number;
	/** How long its event loop may stand still, in ms. */
	maxBlock?: number;
	/** How long it lets handlers finish on SIGTERM. */
	graceMs?: number;
	/** By which the store knows it. */
	name?: string;
	/** Works on several jobs in one call of its handler. */
	batch?: { size: number; maxWait: Duration };
	/** With `work` up to that long, with `spin` exactly. */
	workMs?: number;
}

interface Said {
	ready?: true;
	started?: string;
	aborted?: string;
	warning?: string;
	status?: string;
}

/** A worker in a process of its own, killed when the test has finished. */
export class WorkerProcess {
	readonly child: ChildProcess;
	readonly said: Said[] = [];
	stderr = '';
	/** Exit code, or the signal that ended it. */
	readonly exited: Promise<number | NodeJS.Signals | null>;

	constructor(options: WorkerProcessOptions) {
		const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'pipe'] });
		this.child = child;
		let rest = '';
		child.stdout.setEncoding('utf8').on('data', (text: string) => {
			const lines = (rest + text).split('\n');
			rest = lines.pop() ?? '';
			for (const line of lines) this.said.push(JSON.parse(line));
		});
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			this.stderr += text;
		});
		this.exited = once(child, 'close').then(([code, signal]) => code ?? signal);
		onTestFinished(() => {
			child.kill('SIGKILL');
		});
		onTestFailed(() => console.error(`worker ${child.pid} said:`, this.said.slice(-20), this.stderr));
	}

	/** Resolves with the first thing said that matches; fails when the process ends before. */
	async says(what: string, matches: (said: Said) => boolean): Promise<Said> {
		const look = () => this.said.find(matches);
		const ended = () => this.child.exitCode !== null || this.child.signalCode !== null;
		await until(() => look() ?? ended(), { timeoutMs: 30_000, what });
		const found = look();
		if (found === undefined) throw new Error(`The worker ended before it said ${what}: ${this.stderr}`);
		return found;
	}

	async ready(): Promise<this> {
		await this.says('that it is ready', ({ ready }) => ready === true);
		return this;
	}

	/** SIGTERM: it drains and exits by itself. */
	async stop(): Promise<number | NodeJS.Signals | null> {
		this.child.kill('SIGTERM');
		return this.exited;
	}
}

export interface Start {
	id: string;
	attempt: number;
	pid: number;
	at: number;
}

/** What the workers that share the file have begun, in order. */
export function readStarts(file: string): Start[] {
	const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
	return lines.map((line) => {
		const [id = '', attempt, pid, at] = line.split(' ');
		return { id, attempt: Number(attempt), pid: Number(pid), at: Number(at) };
	});
}
