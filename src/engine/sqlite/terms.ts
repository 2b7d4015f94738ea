import type { JobTerms, NewJob } from '../../core/job.ts';

/** Of a plain job. */
const NONE: JobTerms = Object.freeze({});

/** What the job asks for beyond the plain. */
export function termsOf(job: NewJob): JobTerms {
	const { data: _, priority: _p, group: _g, maxAttempts: _m, backoff: _b, delayMs: _d, runAt: _r, ...terms } = job;
	return terms;
}

/** null for a plain job. */
export function writeTerms(terms: JobTerms): string | null {
	const text = JSON.stringify(terms);
	return text === '{}' ? null : text;
}

export function readTerms(text: string | null): JobTerms {
	return text === null ? NONE : JSON.parse(text);
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
