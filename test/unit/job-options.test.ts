import { expect, test } from 'vitest';
import { checkJobOptions, checkKey, type JobOptions } from '../../src/core/job-options.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { JobOptionsSchema, Key } from '../../src/core/options.ts';
import { checker } from '../../src/core/validate.ts';

const schema = checker(JobOptionsSchema);
const key = checker(Key, 'idempotencyKey');

const bounds = [0, 1, LIMITS.priority, LIMITS.maxAttempts, LIMITS.maxDelayMs, LIMITS.maxTimestamp];

/** Around every bound, and what a program without types may pass. */
const VALUES: unknown[] = [
	...bounds.flatMap((bound) => [bound, bound + 1, bound - 1, bound + 0.5, bound - 0.5, -bound, -bound - 1, -bound + 1]),
	...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, null, true, [], [1], {}, 5n],
	...['', '5', 'a', 'fixed', 'exponential', 'linear', 'ü', 'a\nb', '\x7f', '\ud800', 'two words'],
	...['x'.repeat(255), 'x'.repeat(256), '€'.repeat(341), '€'.repeat(342)],
];

const FIELDS = ['priority', 'delayMs', 'runAt', 'maxAttempts', 'group'];
const BACKOFF_FIELDS = ['type', 'delayMs', 'maxMs', 'jitter'];

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
		for (const field of FIELDS) expectAlike({ [field]: value });
		for (const field of BACKOFF_FIELDS) expectAlike({ backoff: { type: 'fixed', delayMs: 1, [field]: value } });
		expect(said(() => checkKey(value))).toBe(said(() => key.check(value)));
	}
	expectAlike({});
	expectAlike({ backoff: { delayMs: 1 } });
});

test('of several wrong fields both name the same first one', () => {
	const fields = [...FIELDS, 'backoff'];
	const wrong = Object.fromEntries(
		fields.map((field) => [field, field === 'backoff' ? { type: 1, delayMs: 1 } : -9e9]),
	);
	for (const one of fields) {
		for (const other of fields) expectAlike({ [one]: wrong[one], [other]: wrong[other] });
	}
});
