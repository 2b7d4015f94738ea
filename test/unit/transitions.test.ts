import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { JOB_STATES } from '../../src/core/job.ts';
import { LIMITS } from '../../src/core/limits.ts';
import {
	type Allowed,
	keepsPlace,
	move,
	OUTCOMES,
	TRANSITIONS,
	type Transition,
	type Used,
} from '../../src/core/transitions.ts';

const seeded = { seed: inject('seed'), numRuns: 500 };
const all: [string, Transition][] = Object.entries(TRANSITIONS);

describe('the table', () => {
	test('every outcome that a worker may report is a transition from active', () => {
		for (const outcome of OUTCOMES) expect(TRANSITIONS[outcome].from).toEqual(['active']);
	});

	test('a transition names its place when it goes to waiting, and only then', () => {
		for (const [name, { to, place }] of all) expect(place !== undefined, name).toBe(to === 'waiting');
	});

	test('only what charges an attempt can use up the last one', () => {
		for (const [name, { attempt, exhausted }] of all) {
			if (exhausted !== undefined) expect(attempt, name).toBe('charge');
		}
	});

	test('no transition leads out of completed, and every state but delayed can be reached', () => {
		for (const [, { from }] of all) expect(from).not.toContain('completed');
		const reached = new Set(all.map(([, { to }]) => to));
		for (const state of JOB_STATES) {
			// delayed is reached by a delay, active by a take.
			if (state !== 'delayed' && state !== 'active') expect(reached).toContain(state);
		}
	});

	test('it is the table of docs/state-machine.md', () => {
		const page = readFileSync(new URL('../../docs/state-machine.md', import.meta.url), 'utf8');
		const words = { charged: 'charge', kept: 'keep', 'from 0': 'reset' } as const;
		for (const [name, transition] of all) {
			const row = page.split('\n').find((line) => line.startsWith(`| ${name} |`)) ?? '';
			const cells = row.split('|').map((cell) => cell.trim());
			const [, , from = '', to = '', attempt = '', place, exhausted = '', counts = ''] = cells;
			expect(from.split(', '), name).toEqual(transition.from);
			expect(counts, name).toBe(transition.counts ?? '');
			expect(to.startsWith(transition.to), `${name} to ${to}`).toBe(true);
			expect(words[attempt as keyof typeof words], name).toBe(transition.attempt);
			expect(place, name).toBe(transition.place ?? '');
			expect(exhausted, name).toBe(transition.exhausted === undefined ? '' : `dead, \`${transition.exhausted}\``);
			if (transition.reason !== undefined) expect(to, name).toContain(`\`${transition.reason}\``);
		}
	});
});

const none: Used = { attempts: 0, crashes: 0, releases: 0 };
const plenty: Allowed = { attempts: 100, crashes: 100, timeIsOver: false };

describe('move', () => {
	test('a charge that leaves attempts goes where the table says', () => {
		expect(move(TRANSITIONS.retry, none, plenty)).toEqual({
			to: 'waiting',
			used: { ...none, attempts: 1 },
			reason: null,
		});
		expect(move(TRANSITIONS.complete, none, plenty)).toMatchObject({ to: 'completed', reason: null });
		expect(move(TRANSITIONS.kill, none, plenty)).toMatchObject({ to: 'dead', reason: 'killed' });
	});

	test('a charge of the last attempt leads to dead where the table says so', () => {
		const last = { ...none, attempts: 1 };
		const two = { ...plenty, attempts: 2 };
		expect(move(TRANSITIONS.retry, last, two)).toMatchObject({ to: 'dead', used: { attempts: 2 }, reason: 'failed' });
		expect(move(TRANSITIONS.reclaim, last, two)).toMatchObject({ to: 'dead', reason: 'crashed' });
		expect(move(TRANSITIONS.timeout, last, two)).toMatchObject({ to: 'dead', reason: 'timeout' });
	});

	test('so does the last crash that is allowed, and a failure when the time to retry is over', () => {
		const allowed = { ...plenty, crashes: 2 };
		expect(move(TRANSITIONS.reclaim, { ...none, crashes: 1 }, allowed)).toMatchObject({
			to: 'dead',
			used: { crashes: 2 },
		});
		expect(move(TRANSITIONS.retry, none, { ...plenty, timeIsOver: true })).toMatchObject({
			to: 'dead',
			reason: 'failed',
		});
		expect(move(TRANSITIONS.release, none, { ...plenty, timeIsOver: true })).toMatchObject({ to: 'waiting' });
	});

	test('a crash and a release are counted, and a requeue starts afresh', () => {
		expect(move(TRANSITIONS.reclaim, none, plenty).used).toEqual({ attempts: 1, crashes: 1, releases: 0 });
		expect(move(TRANSITIONS.release, none, plenty).used).toEqual({ attempts: 0, crashes: 0, releases: 1 });
		expect(move(TRANSITIONS.unstarted, none, plenty).used).toEqual({ attempts: 0, crashes: 0, releases: 1 });
		expect(move(TRANSITIONS.requeue, { attempts: 3, crashes: 2, releases: 1 }, plenty).used).toEqual(none);
	});

	test('a job that may run again has attempts left, and what is dead or cancelled has its reason', () => {
		const transition = fc.constantFrom(...all.map(([, each]) => each));
		const attempts = fc
			.integer({ min: 1, max: LIMITS.maxAttempts })
			.chain((max) => fc.tuple(fc.nat(max - 1), fc.constant(max)));
		const property = fc.property(transition, attempts, (each, [used, max]) => {
			const result = move(each, { ...none, attempts: used }, { ...plenty, attempts: max, crashes: max });
			expect(result.used.attempts).toBeLessThanOrEqual(max);
			if (result.to === 'waiting') expect(result.used.attempts).toBeLessThan(max);
			expect(result.reason !== null).toBe(result.to === 'dead' || result.to === 'cancelled');
		});
		fc.assert(property, seeded);
	});
});

test('only what comes back from a worker keeps its place in an ordered group, and only if it wants to', () => {
	expect(keepsPlace(TRANSITIONS.retry, true)).toBe(true);
	expect(keepsPlace(TRANSITIONS.reclaim, true, 'keep')).toBe(true);
	expect(keepsPlace(TRANSITIONS.retry, true, 'requeue')).toBe(false);
	expect(keepsPlace(TRANSITIONS.retry, false)).toBe(false);
	expect(keepsPlace(TRANSITIONS.promote, true)).toBe(false);
});
