import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { JOB_STATES } from '../../src/core/job.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { move, OUTCOMES, TRANSITIONS, type Transition } from '../../src/core/transitions.ts';

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
			const [, , from, to = '', attempt = '', place, exhausted = ''] = row.split('|').map((cell) => cell.trim());
			expect([from], name).toEqual(transition.from);
			expect(to.startsWith(transition.to), `${name} to ${to}`).toBe(true);
			expect(words[attempt as keyof typeof words], name).toBe(transition.attempt);
			expect(place, name).toBe(transition.place ?? '');
			expect(exhausted, name).toBe(transition.exhausted === undefined ? '' : `dead, \`${transition.exhausted}\``);
			if (transition.reason !== undefined) expect(to, name).toContain(`\`${transition.reason}\``);
		}
	});
});

describe('move', () => {
	test('a charge that leaves attempts goes where the table says', () => {
		expect(move(TRANSITIONS.retry, 0, 2)).toEqual({ to: 'waiting', attemptsUsed: 1, reason: null });
		expect(move(TRANSITIONS.complete, 1, 2)).toEqual({ to: 'completed', attemptsUsed: 2, reason: null });
		expect(move(TRANSITIONS.kill, 0, 9)).toEqual({ to: 'dead', attemptsUsed: 1, reason: 'killed' });
	});

	test('a charge of the last attempt leads to dead where the table says so', () => {
		expect(move(TRANSITIONS.retry, 1, 2)).toEqual({ to: 'dead', attemptsUsed: 2, reason: 'failed' });
		expect(move(TRANSITIONS.reclaim, 2, 3)).toEqual({ to: 'dead', attemptsUsed: 3, reason: 'crashed' });
	});

	test('a release and a promotion keep what was used, and a requeue starts afresh', () => {
		expect(move(TRANSITIONS.release, 2, 3)).toEqual({ to: 'waiting', attemptsUsed: 2, reason: null });
		expect(move(TRANSITIONS.promote, 2, 3)).toEqual({ to: 'waiting', attemptsUsed: 2, reason: null });
		expect(move(TRANSITIONS.requeue, 3, 3)).toEqual({ to: 'waiting', attemptsUsed: 0, reason: null });
	});

	test('a job that may run again has attempts left, and dead always has its reason', () => {
		const transition = fc.constantFrom(...all.map(([, each]) => each).filter(({ attempt }) => attempt === 'charge'));
		const attempts = fc
			.integer({ min: 1, max: LIMITS.maxAttempts })
			.chain((max) => fc.tuple(fc.nat(max - 1), fc.constant(max)));
		const property = fc.property(transition, attempts, (each, [used, max]) => {
			const { to, attemptsUsed, reason } = move(each, used, max);
			expect(attemptsUsed).toBe(used + 1);
			expect(attemptsUsed).toBeLessThanOrEqual(max);
			if (to === 'waiting') expect(attemptsUsed).toBeLessThan(max);
			expect(reason !== null).toBe(to === 'dead');
		});
		fc.assert(property, seeded);
	});
});
