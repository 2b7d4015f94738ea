import type { Job, JobTerms, NewJob } from './job.ts';
import type { RawJson } from './json.ts';

const TERMS = [
	...(['cost', 'timeoutMs', 'ttlMs', 'retryForMs', 'maxCrashes', 'onRetry', 'unique', 'tags', 'parent'] as const),
] satisfies (keyof JobTerms)[];

/** The terms among the fields of a job or of options; what is absent stays absent. */
export function termsOf(job: JobTerms): JobTerms {
	const given = TERMS.filter((term) => job[term] !== undefined);
	return Object.fromEntries(given.map((term) => [term, job[term]]));
}

/**
 * A new job with the options of an old one and another payload, which runs at once. It takes the old one's unique key if that is
 * free, and never the place of another job.
 */
export function jobAgain(old: Job, data: RawJson): NewJob {
	const { id, priority, group, maxAttempts, backoff, unique } = old;
	const key = unique === undefined ? {} : { unique: { ...unique, onConflict: 'keep' as const } };
	return { data, priority, group, maxAttempts, backoff, delayMs: 0, runAt: null, ...termsOf(old), ...key, parent: id };
}
