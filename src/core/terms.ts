import type { JobTerms } from './job.ts';

const TERMS = [
	...(['cost', 'timeoutMs', 'ttlMs', 'retryForMs', 'maxCrashes', 'onRetry', 'unique', 'tags', 'parent'] as const),
] satisfies (keyof JobTerms)[];

/** The terms among the fields of a job or of options; what is absent stays absent. */
export function termsOf(job: JobTerms): JobTerms {
	const given = TERMS.filter((term) => job[term] !== undefined);
	return Object.fromEntries(given.map((term) => [term, job[term]]));
}
