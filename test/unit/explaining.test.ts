import { expect, test } from 'vitest';
import { durationText, reasonText, summaryText, told } from '../../src/core/explaining.ts';
import type { Blocking, Explanation } from '../../src/core/explanation.ts';

const NOW = Date.UTC(2030, 0, 1, 3, 0, 0);

const REASONS: [reason: Blocking, text: string][] = [
	[{ code: 'topic_paused', until: null }, 'the topic is paused'],
	[{ code: 'topic_paused', until: NOW + 240_000 }, 'the topic is paused until 2030-01-01 03:04:00 UTC, in 4 min'],
	[
		{ code: 'topic_parked', until: NOW + 30_000 },
		'the topic is parked by a worker until 2030-01-01 03:00:30 UTC, in 30 s',
	],
	[{ code: 'topic_limit', limit: 2, heldBy: ['o:1', 'o:2'] }, 'the topic is at its limit of 2, held by o:1, o:2'],
	[
		{ code: 'topic_limit', limit: 5_000, heldBy: ['o:1', 'o:2'] },
		'the topic is at its limit of 5,000, held by o:1, o:2 and 4,998 others',
	],
	[{ code: 'topic_rate', opensAt: NOW + 1_150 }, 'the rate limit of the topic opens in 1.2 s'],
	[{ code: 'group_paused', group: 'acme', until: null }, 'group acme is paused'],
	[
		{ code: 'group_parked', group: 'acme', until: NOW + 500 },
		'group acme is parked by a worker until 2030-01-01 03:00:00 UTC, in 500 ms',
	],
	[
		{ code: 'group_limit', group: 'acme', limit: 1, heldBy: ['orders:1732'] },
		'group acme is at its limit of 1, held by orders:1732',
	],
	[
		{ code: 'group_limit', group: 'a, b', limit: 3, heldBy: ['o:1', 'o:2'] },
		'group "a, b" is at its limit of 3, held by o:1, o:2 and 1 other',
	],
	[{ code: 'group_rate', group: 'acme', opensAt: NOW }, 'the rate limit of group acme opens now'],
	[{ code: 'due', at: NOW + 240_000 }, 'due in 4 min'],
	[{ code: 'due', at: NOW - 1 }, 'due now'],
	[{ code: 'unique', key: 'invoice-7', holder: 'o:1' }, 'it runs after o:1, which holds its key invoice-7'],
	[{ code: 'behind', jobs: 42, groups: 3 }, 'behind 42 jobs and 3 other groups'],
	[{ code: 'behind', jobs: 1, groups: 0 }, 'behind 1 job'],
	[{ code: 'behind', jobs: 0, groups: 1 }, 'behind 1 other group'],
	[{ code: 'behind', jobs: 12_345, groups: 1_000 }, 'behind 12,345 jobs and 1,000 other groups or more'],
	[{ code: 'behind', jobs: 0, groups: 0 }, 'its turn comes next'],
];

test.each(REASONS)('%j', (reason, text) => {
	expect(reasonText(reason, NOW)).toBe(text);
});

test('a group with a very long name does not fill the screen', () => {
	const text = reasonText({ code: 'group_paused', group: 'x'.repeat(1_000), until: null }, NOW);
	expect(text.length).toBeLessThan(150);
});

test.each([
	[0, '0 ms'],
	[999, '999 ms'],
	[1_000, '1 s'],
	[1_001, '1.1 s'],
	[9_950, '10 s'],
	[45_001, '46 s'],
	[119_000, '119 s'],
	[240_000, '4 min'],
	[3_570_000, '1 h'],
	[12_000_000, '3 h 20 min'],
	[172_800_000, '48 h'],
	[432_000_000, '5 days'],
])('%i ms are %s', (ms, text) => {
	expect(durationText(ms)).toBe(text);
});

const waiting: Explanation = { id: 'o:9', state: 'waiting', next: false, reasons: [], lastTakeAt: NOW - 1_000 };

test('the summary of a job that waits says all that holds it back', () => {
	const reasons: Blocking[] = [
		{ code: 'topic_paused', until: null },
		{ code: 'behind', jobs: 2, groups: 0 },
	];
	expect(summaryText({ ...waiting, reasons }, NOW)).toBe('The job waits: the topic is paused; behind 2 jobs.');
});

test('the summary of the job that is next says so, and whether anybody takes', () => {
	const next = { ...waiting, next: true };
	const first = 'The job waits. It is next: a worker that takes from the topic now gets it.';
	expect(summaryText(next, NOW)).toBe(first);
	expect(summaryText({ ...next, lastTakeAt: NOW - 59_999 }, NOW)).toBe(first);
	expect(summaryText({ ...next, lastTakeAt: NOW - 600_000 }, NOW)).toBe(
		`${first} No worker has taken from this topic for 10 min.`,
	);
	expect(summaryText({ ...next, lastTakeAt: null }, NOW)).toBe(`${first} No worker has taken from this topic yet.`);
});

test('the summary of any other job says what it is', () => {
	const summary = (state: Explanation['state'], reasons: Blocking[] = []) =>
		summaryText({ ...waiting, state, reasons, lastTakeAt: null }, NOW);
	expect(summary('delayed', [{ code: 'due', at: NOW + 5_000 }])).toBe('The job is delayed: due in 5 s.');
	expect(summary('active')).toBe('The job is active: a worker has it.');
	expect(summary('completed')).toBe('The job is completed.');
	expect(summary('dead')).toMatch(/^The job is dead, and runs again only when/);
	expect(summary('cancelled')).toMatch(/^The job is cancelled, and runs again only when/);
});

test('an explanation that is told keeps its facts', () => {
	const reason: Blocking = { code: 'due', at: NOW };
	expect(told({ ...waiting, state: 'delayed', reasons: [reason] }, NOW)).toEqual({
		...waiting,
		state: 'delayed',
		reasons: [{ ...reason, text: 'due now' }],
		summary: 'The job is delayed: due now.',
	});
});
