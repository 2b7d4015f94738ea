import fc from 'fast-check';
import type { JobTerms } from '../../../src/core/job.ts';
import { ON_CONFLICT, type Unique } from '../../../src/core/unique.ts';
import { keyName, MINUTE } from '../world.ts';

/** One of these, or none. */
function perhaps<T>(...values: T[]): fc.Arbitrary<T | undefined> {
	return fc.option(fc.constantFrom(...values), { nil: undefined, freq: 2 });
}

/** Without what is absent. */
export function present<T extends object>(given: { [K in keyof T]: T[K] | undefined }): Partial<T> {
	return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;
}

const unique: fc.Arbitrary<Unique> = fc.record({
	key: keyName,
	scope: fc.constantFrom<Unique['scope']>(
		'waiting',
		'unfinished',
		'unfinished',
		{ windowMs: 3 * MINUTE },
		{ windowMs: 20 * MINUTE },
	),
	onConflict: fc.constantFrom(...ON_CONFLICT),
});

const some: fc.Arbitrary<JobTerms> = fc
	.record({
		cost: perhaps(2, 5, 1_000),
		timeoutMs: perhaps(MINUTE, 3 * MINUTE),
		ttlMs: perhaps(MINUTE, 4 * MINUTE),
		retryForMs: perhaps(2 * MINUTE),
		maxCrashes: perhaps(1, 2),
		onRetry: perhaps('requeue' as const, 'keep' as const),
		tags: perhaps(['t1'], ['t2', 't1']),
		parent: perhaps('a:7'),
	})
	.map(present<JobTerms>);

/** Most jobs are plain or have a key. */
export const terms: fc.Arbitrary<JobTerms> = fc.oneof(
	{ weight: 3, arbitrary: fc.constant({}) },
	{ weight: 2, arbitrary: some },
	{ weight: 2, arbitrary: unique.map((key) => ({ unique: key })) },
	{ weight: 1, arbitrary: fc.tuple(some, unique).map(([more, key]) => ({ ...more, unique: key })) },
);
