import { backoffDelay } from '../core/backoff.ts';
import type { Engine, Outcome } from './engine.ts';
import type { TopicDefaults } from './topic-defaults.ts';

interface Policy {
	engine: Engine;
	topics: TopicDefaults;
	/** Source of jitter, in [0, 1). */
	random: () => number;
}

/** Gives every `retry` without a delay the one that its job's backoff asks for, else its topic's, else the default. */
export async function withRetryDelays(outcomes: Outcome[], { engine, topics, random }: Policy): Promise<Outcome[]> {
	const open = outcomes.filter(isOpen);
	if (open.length === 0) return outcomes;
	const jobs = await engine.getJobs(open.map((outcome) => outcome.id));
	const delays = await Promise.all(
		jobs.map(async (job) => {
			if (job === null) return 0;
			const backoff = job.backoff ?? (await topics.backoff(job.topic));
			return backoffDelay(backoff, job.attempt, random());
		}),
	);
	const delayOf = new Map(open.map((outcome, index) => [outcome, delays[index] ?? 0]));
	return outcomes.map((outcome) => (isOpen(outcome) ? { ...outcome, delayMs: delayOf.get(outcome) ?? 0 } : outcome));
}

function isOpen(outcome: Outcome): boolean {
	return outcome.outcome === 'retry' && outcome.delayMs === undefined;
}
