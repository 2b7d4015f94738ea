import { AssertionError } from 'node:assert';
import type { Backoff } from '../core/backoff.ts';
import { describe } from '../core/errors.ts';
import type { PushBatch } from '../engine/engine.ts';
import { matches } from './matches.ts';

/** A job as it was pushed. */
export interface PushedJob<Data = unknown> {
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

/** What was pushed so far, in the order of the pushes. */
export class Pushes {
	readonly #jobs: PushedJob[] = [];

	add({ topic, jobs, idempotency }: PushBatch, ids: string[]): void {
		for (const [index, { data, ...options }] of jobs.entries()) {
			const id = ids[index];
			if (id === undefined) continue;
			const idempotencyKey = idempotency?.key ?? null;
			this.#jobs.push({ id, topic, data: JSON.parse(data), ...options, idempotencyKey });
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

function listOf(jobs: PushedJob[]): string {
	const lines = jobs.slice(0, SHOWN).map(({ id, data }) => `\n  ${id} ${describe(data)}`);
	return lines.join('') + (jobs.length > SHOWN ? `\n  and ${jobs.length - SHOWN} more` : '');
}
