import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Verdict } from './checker.ts';
import type { Event, History } from './history.ts';

const PROGRAM = join(import.meta.dirname, 'powered.mjs');
const START_MS = 120_000;

type Push = Extract<Event, { e: 'push' }>;
type Line = Event | { e: 'left'; jobs: [id: string, state: string, n: number][]; defects: object[] } | { e: 'ready' };

/** What a cut has left, judged before anything is added to it. */
export interface Left {
	verdict: Verdict;
	defects: object[];
}

export interface Work {
	history: History;
	store: string;
	topic: string;
	producers: number;
	/** Of its idempotency keys. */
	name: string;
	/** The lowest number that no job has had. */
	firstNumber: number;
	/** Pushes of before the cut that were not answered: they are made again first. */
	repeats: Pick<Push, 'key' | 'ns'>[];
}

/** A program that works on a store until its power is cut. */
export class Powered {
	readonly #child: ChildProcess;
	readonly #history: History;
	readonly #lines: Promise<unknown>;
	readonly #unanswered = new Map<string, Pick<Push, 'key' | 'ns'>>();
	#left: Left | undefined;
	#complaints = '';
	#answers = 0;
	#lastNumber: number;
	#onLine = () => {};

	constructor({ history, ...work }: Work, env: Record<string, string>, cwd: string) {
		this.#history = history;
		this.#lastNumber = work.firstNumber - 1;
		for (const one of work.repeats) this.#unanswered.set(one.key, one);
		const options = { cwd, env: { ...process.env, ...env } };
		this.#child = spawn(process.execPath, [PROGRAM, JSON.stringify(work)], options);
		this.#child.stderr?.on('data', (text) => {
			this.#complaints += text;
		});
		if (this.#child.stdout === null) throw new Error('The program has no output');
		const lines = createInterface({ input: this.#child.stdout });
		lines.on('line', (line) => this.#hear(JSON.parse(line)));
		this.#lines = once(lines, 'close');
	}

	/** What the cut before has left. */
	async left(): Promise<Left> {
		return (await this.#heard(() => this.#left)) as Left;
	}

	/** Resolves when so many pushes have been answered. */
	async answered(count: number): Promise<void> {
		await this.#heard(() => this.#answers >= count);
	}

	/** What it has in flight when it is killed may or may not have been done. */
	get unanswered(): Pick<Push, 'key' | 'ns'>[] {
		return [...this.#unanswered.values()];
	}

	get nextNumber(): number {
		return this.#lastNumber + 1;
	}

	/** SIGKILL; resolves when all that it has told is known. */
	async kill(): Promise<void> {
		this.#child.kill('SIGKILL');
		await this.#lines;
	}

	/** Waits line by line. */
	#heard<T>(condition: () => T): Promise<T> {
		return new Promise((resolve, reject) => {
			const fail = () =>
				reject(new Error(`The program that works on the store ended or is stuck: ${this.#complaints}`));
			const timer = setTimeout(fail, START_MS);
			this.#onLine = () => {
				const value = condition();
				if (!value) return;
				clearTimeout(timer);
				resolve(value);
			};
			void this.#lines.then(() => {
				clearTimeout(timer);
				fail();
			});
			this.#onLine();
		});
	}

	#hear(line: Line): void {
		if (line.e === 'left') {
			const jobs = line.jobs.map(([id, state, n]) => ({ id, state, n, reason: null }));
			this.#left = { verdict: this.#history.checker.verdict(jobs), defects: line.defects };
		} else if (line.e !== 'ready') this.#note(line);
		this.#onLine();
	}

	#note(event: Event): void {
		if (event.e === 'push') {
			this.#unanswered.set(event.key, { key: event.key, ns: event.ns });
			this.#lastNumber = Math.max(this.#lastNumber, ...event.ns);
		}
		if (event.e === 'pushed') {
			this.#unanswered.delete(event.key);
			this.#answers++;
		}
		this.#history.add(event);
	}
}
