import { expect, test } from 'vitest';
import { checkJobOptions, checkKey, type JobOptions, newJob } from '../../src/core/job-options.ts';
import { toRawJson } from '../../src/core/json.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { JobOptionsSchema, Key } from '../../src/core/options.ts';
import { checker } from '../../src/core/validate.ts';

const schema = checker(JobOptionsSchema);
const key = checker(Key, 'idempotencyKey');

const bounds = [0, 1, LIMITS.priority, LIMITS.maxAttempts, LIMITS.maxDelayMs, LIMITS.maxTimestamp, LIMITS.cost];

/** Around every bound, and what a program without types may pass. */
const VALUES: unknown[] = [
	...bounds.flatMap((bound) => [bound, bound + 1, bound - 1, bound + 0.5, bound - 0.5, -bound, -bound - 1, -bound + 1]),
	...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, null, true, [], [1], {}, 5n],
	...['', '5', 'a', 'fixed', 'exponential', 'linear', 'ü', 'a\nb', '\x7f', '\ud800', 'two words', '.', '..', '...'],
	...['x'.repeat(255), 'x'.repeat(256), '€'.repeat(341), '€'.repeat(342), '€'.repeat(64), '€'.repeat(65)],
	...['keep', 'requeue', 'waiting', 'unfinished', 'debounce', 'emails:1732616363278', 'emails:0', 'a:b'],
	...[['a', 'b'], ['a', ''], ['a', 1], Array(LIMITS.tags).fill('a'), Array(LIMITS.tags + 1).fill('a')],
	...[{ windowMs: 1 }, { windowMs: 0 }, { windowMs: 'x' }, { key: 'a' }, { key: '' }],
];

const FIELDS = ['priority', 'delayMs', 'runAt', 'maxAttempts', 'group'];
const TERMS = ['cost', 'timeoutMs', 'ttlMs', 'retryForMs', 'maxCrashes', 'onRetry', 'tags', 'parent'];
const BACKOFF_FIELDS = ['type', 'delayMs', 'maxMs', 'jitter'];
const UNIQUE_FIELDS = ['key', 'scope', 'onConflict'];

/** What a check says of a value. */
function said(check: () => unknown): string {
	try {
		check();
		return 'right';
	} catch (error) {
		return (error as Error).message;
	}
}

function expectAlike(options: object): void {
	const ours = said(() => checkJobOptions(options as JobOptions));
	expect(ours).toBe(said(() => schema.check({ data: 1, ...options })));
}

test('the check of a client says what the schema of a server says of every field, word for word', () => {
	for (const value of VALUES) {
		for (const field of [...FIELDS, ...TERMS]) expectAlike({ [field]: value });
		for (const field of BACKOFF_FIELDS) expectAlike({ backoff: { type: 'fixed', delayMs: 1, [field]: value } });
		for (const field of UNIQUE_FIELDS) expectAlike({ unique: { key: 'k', [field]: value } });
		expect(said(() => checkKey(value))).toBe(said(() => key.check(value)));
	}
	expectAlike({});
	expectAlike({ backoff: { delayMs: 1 } });
	for (const other of ['fixed', 5, null, [], true]) {
		expectAlike({ backoff: other });
		expectAlike({ unique: other });
	}
	expectAlike({ unique: {} });
});

test('of several wrong fields both name the same first one', () => {
	const nested = { backoff: { type: 1, delayMs: 1 }, unique: { key: 'k', scope: 'x' } };
	const fields = [...FIELDS, ...TERMS, 'backoff', 'unique'];
	const wrong: Record<string, unknown> = { ...Object.fromEntries(fields.map((field) => [field, -9e9])), ...nested };
	for (const one of fields) {
		for (const other of fields) expectAlike({ [one]: wrong[one], [other]: wrong[other] });
	}
});

test('a job has the terms that were given, and of a key what its defaults say', () => {
	const terms = {
		cost: 3,
		timeoutMs: 5,
		ttlMs: 6,
		retryForMs: 7,
		maxCrashes: 2,
		onRetry: 'requeue',
		parent: 'a:1',
	} as const;
	const job = newJob({ ...terms, tags: ['x', 'y', 'x'], unique: { key: 'k' } }, toRawJson(1), { maxAttempts: 4 });
	const unique = { key: 'k', scope: 'unfinished', onConflict: 'keep' };
	expect(job).toEqual({ ...newJob({}, toRawJson(1), { maxAttempts: 4 }), ...terms, tags: ['x', 'y'], unique });
	const said = { key: 'k', scope: { windowMs: 5 }, onConflict: 'debounce' } as const;
	expect(newJob({ unique: said }, toRawJson(1), { maxAttempts: 4 }).unique).toEqual(said);
});

test('a job that was given no terms has none, and no tags are none', () => {
	const plain = ['data', 'priority', 'group', 'maxAttempts', 'backoff', 'delayMs', 'runAt'];
	expect(Object.keys(newJob({}, toRawJson(1), { maxAttempts: 4 }))).toEqual(plain);
	expect(Object.keys(newJob({ tags: [] }, toRawJson(1), { maxAttempts: 4 }))).toEqual(plain);
});
