import { AssertionError } from 'node:assert';
import type { Backoff } from '../core/backoff.ts';
import { describe } from '../core/errors.ts';
import type { JobTerms } from '../core/job.ts';
import type { PushBatch, PushedJob as Stored } from '../engine/engine.ts';
import { matches } from './matches.ts';

/** A job as it was pushed, its terms (`cost`, `timeoutMs`, `unique`, `tags` …) where it has any. */
export interface PushedJob<Data = unknown> extends JobTerms {
	id: string;
	topic: string;
	/** What was stored: the data as JSON holds them, before any schema of the worker. */
	data: Data;
	priority: number;
	group: string | null;
	/** Ms from the push until the job may run; 0 for at once. */
	delayMs: number;
	/** Epoch ms before which the job may not run; null where the push named none. */
	runAt: number | null;
	maxAttempts: number;
	/** null leaves it to the topic. */
	backoff: Backoff | null;
	/** null where the push had none. */
	idempotencyKey: string | null;
}

/** How many jobs a message shows. */
const SHOWN = 10;

/**
 * The jobs that were pushed so far, in the order of the pushes. A push that met another job with its unique key is that job with what the
 * push changed in it, and none where it changed nothing.
 */
export class Pushes {
	readonly #jobs: PushedJob[] = [];

	add({ topic, jobs, idempotency }: PushBatch, stored: Stored[]): void {
		for (const [index, job] of jobs.entries()) {
			const { id, unique } = stored[index] ?? {};
			if (id === undefined || unique?.outcome === 'kept') continue;
			const { data, ...options } = job;
			const pushed = { id, topic, data: JSON.parse(data), ...options, idempotencyKey: idempotency?.key ?? null };
			const place = this.#jobs.findIndex((other) => other.id === id);
			const old = this.#jobs[place];
			if (old === undefined) this.#jobs.push(pushed);
			else this.#jobs[place] = { ...pushed, ...kept(old, unique?.outcome === 'debounced') };
		}
	}

	of(topic: string): PushedJob[] {
		return this.#jobs.filter((job) => job.topic === topic);
	}

	/** @throws AssertionError that shows what was pushed instead */
	expect(topic: string, partial: unknown): PushedJob {
		const jobs = this.of(topic);
		const found = jobs.find(({ data }) => partial === undefined || matches(data, partial));
		if (found !== undefined) return found;
		const message =
			jobs.length === 0
				? `Nothing was pushed to ${topic}; ${this.#elsewhere()}`
				: `No job of ${topic} matches ${describe(partial)}; pushed were ${listOf(jobs)}`;
		const actual = jobs.map(({ data }) => data);
		throw new AssertionError({ message, actual, expected: [partial], operator: 'expectPushed' });
	}

	#elsewhere(): string {
		const counts = new Map<string, number>();
		for (const { topic } of this.#jobs) counts.set(topic, (counts.get(topic) ?? 0) + 1);
		if (counts.size === 0) return 'nothing was pushed at all';
		return `pushed was to ${[...counts].map(([topic, count]) => `${topic} (${count})`).join(', ')}`;
	}
}

/** What a job keeps that another push has replaced; a debounced one is due anew. */
function kept({ priority, group, delayMs, runAt }: PushedJob, isDueAnew: boolean): Partial<PushedJob> {
	return isDueAnew ? { priority, group } : { priority, group, delayMs, runAt };
}

function listOf(jobs: PushedJob[]): string {
	const lines = jobs.slice(0, SHOWN).map(({ id, data }) => `\n  ${id} ${describe(data)}`);
	return lines.join('') + (jobs.length > SHOWN ? `\n  and ${jobs.length - SHOWN} more` : '');
}
