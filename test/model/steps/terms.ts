import fc from 'fast-check';
import type { JobTerms } from '../../../src/core/job.ts';
import { ON_CONFLICT, type Unique } from '../../../src/core/unique.ts';
import { KEYS, MINUTE } from '../world.ts';

/** One of these, and mostly none. */
function rarely<T>(...values: T[]): fc.Arbitrary<T | undefined> {
	return fc.option(fc.constantFrom(...values), { nil: undefined, freq: 1 });
}

/** Without what is absent. */
export function present<T extends object>(given: { [K in keyof T]: T[K] | undefined }): Partial<T> {
	return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;
}

const unique: fc.Arbitrary<Unique> = fc.record({
	key: fc.constantFrom(...KEYS),
	scope: fc.constantFrom<Unique['scope']>('waiting', 'unfinished', 'unfinished', { windowMs: 2 * MINUTE }),
	onConflict: fc.constantFrom(...ON_CONFLICT),
});

const some: fc.Arbitrary<JobTerms> = fc
	.record({
		cost: rarely(2, 5, 1_000),
		timeoutMs: rarely(MINUTE, 3 * MINUTE),
		ttlMs: rarely(MINUTE, 4 * MINUTE),
		retryForMs: rarely(2 * MINUTE),
		maxCrashes: rarely(1, 2),
		onRetry: rarely('requeue' as const, 'keep' as const),
		tags: rarely(['t1'], ['t2', 't1']),
		parent: rarely('a:7'),
	})
	.map(present<JobTerms>);

/** Half of the jobs are plain. */
export const terms: fc.Arbitrary<JobTerms> = fc.oneof(
	fc.constant({}),
	fc.constant({}),
	unique.map((key) => ({ unique: key })),
	fc.tuple(some, fc.option(unique)).map(([more, key]) => (key === null ? more : { ...more, unique: key })),
);
