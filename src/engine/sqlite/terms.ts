import type { JobTerms, NewJob } from '../../core/job.ts';

/** What the job asks for beyond the plain; undefined for nothing. */
export function termsOf(job: NewJob): JobTerms | undefined {
	const { data: _, priority: _p, group: _g, maxAttempts: _m, backoff: _b, delayMs: _d, runAt: _r, ...terms } = job;
	for (const _term in terms) return terms;
	return undefined;
}

/** null for a plain job. */
export function writeTerms(terms: JobTerms): string | null {
	const text = JSON.stringify(terms);
	return text === '{}' ? null : text;
}

export interface Deadlines {
	/** The job must be taken before this; null for no limit. */
	startBy: number | null;
	/** A failed attempt is followed by another only before this; null for no limit. */
	retryUntil: number | null;
}

/** @param firstDue - the moment that the job may first run */
export function deadlinesOf({ ttlMs, retryForMs }: JobTerms, firstDue: number): Deadlines {
	return {
		startBy: ttlMs === undefined ? null : firstDue + ttlMs,
		retryUntil: retryForMs === undefined ? null : firstDue + retryForMs,
	};
}
