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
	transitionOf,
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

	test('no transition leads out of completed, and every state but delayed and active can be reached', () => {
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
			expect(from?.split(', '), name).toEqual(transition.from);
			expect(to.startsWith(transition.to), `${name} to ${to}`).toBe(true);
			expect(words[attempt as keyof typeof words], name).toBe(transition.attempt);
			expect(place, name).toBe(transition.place ?? '');
			expect(exhausted, name).toBe(transition.exhausted === undefined ? '' : `dead, \`${transition.exhausted}\``);
			if (transition.to === 'dead') expect(to, name).toContain(`\`${transition.reason}\``);
		}
	});
});

/** Used up, and how much of it there is. */
const used = (attempts: number, crashes = 0, releases = 0): Used => ({ attempts, crashes, releases });
const allowed = (attempts: number, crashes = attempts, timeIsOver = false): Allowed => ({
	attempts,
	crashes,
	timeIsOver,
});

describe('move', () => {
	test('a charge that leaves attempts goes where the table says', () => {
		expect(move(TRANSITIONS.retry, used(0), allowed(2))).toEqual({ to: 'waiting', used: used(1), reason: null });
		expect(move(TRANSITIONS.complete, used(1), allowed(2))).toEqual({ to: 'completed', used: used(2), reason: null });
		expect(move(TRANSITIONS.kill, used(0), allowed(9))).toEqual({ to: 'dead', used: used(1), reason: 'killed' });
	});

	test('a charge of the last attempt leads to dead where the table says so', () => {
		expect(move(TRANSITIONS.retry, used(1), allowed(2))).toEqual({ to: 'dead', used: used(2), reason: 'failed' });
		expect(move(TRANSITIONS.timeout, used(1), allowed(2))).toEqual({ to: 'dead', used: used(2), reason: 'timeout' });
		expect(move(TRANSITIONS.reclaim, used(2), allowed(3))).toEqual({ to: 'dead', used: used(3, 1), reason: 'crashed' });
	});

	test('the last crash that is allowed leads to dead, whatever attempts are left', () => {
		expect(move(TRANSITIONS.reclaim, used(1, 1), allowed(9, 2))).toEqual({
			to: 'dead',
			used: used(2, 2),
			reason: 'crashed',
		});
		expect(move(TRANSITIONS.reclaim, used(1, 0), allowed(9, 2))).toMatchObject({ to: 'waiting', used: used(2, 1) });
	});

	test('a failed attempt is the last one once the time to try again is over, and a release is no failure', () => {
		const over = allowed(9, 9, true);
		for (const [name, reason] of [
			['retry', 'failed'],
			['reclaim', 'crashed'],
			['timeout', 'timeout'],
		] as const) {
			expect(move(TRANSITIONS[name], used(0), over)).toMatchObject({ to: 'dead', reason });
		}
		for (const name of ['release', 'unstarted', 'promote'] as const) {
			expect(move(TRANSITIONS[name], used(0), over)).toMatchObject({ to: 'waiting', reason: null });
		}
	});

	test('a release is counted and keeps the attempts; a promotion keeps all; a requeue starts afresh', () => {
		const before = used(2, 1, 4);
		expect(move(TRANSITIONS.release, before, allowed(3)).used).toEqual(used(2, 1, 5));
		expect(move(TRANSITIONS.unstarted, before, allowed(3)).used).toEqual(used(2, 1, 5));
		expect(move(TRANSITIONS.promote, before, allowed(3)).used).toEqual(before);
		expect(move(TRANSITIONS.cancel, before, allowed(3))).toEqual({
			to: 'cancelled',
			used: before,
			reason: 'cancelled',
		});
		expect(move(TRANSITIONS.expire, before, allowed(3))).toEqual({ to: 'dead', used: before, reason: 'expired' });
		expect(move(TRANSITIONS.requeue, before, allowed(3))).toEqual({ to: 'waiting', used: used(0), reason: null });
	});

	test('a kill may bring a reason of its own, and nothing else does', () => {
		expect(move(transitionOf('kill', 'bad_data'), used(0), allowed(3)).reason).toBe('bad_data');
		expect(move(transitionOf('kill'), used(0), allowed(3)).reason).toBe('killed');
		expect(transitionOf('retry', 'bad_data')).toBe(TRANSITIONS.retry);
	});

	test('a job that may run again has attempts and crashes left, and dead and cancelled always have a reason', () => {
		const transition = fc.constantFrom(...all.map(([, each]) => each));
		const most = fc.integer({ min: 1, max: LIMITS.maxAttempts });
		const open = fc.tuple(most, most).chain(([attempts, crashes]) => {
			const before = fc.record({ attempts: fc.nat(attempts - 1), crashes: fc.nat(crashes - 1), releases: fc.nat(99) });
			return fc.tuple(
				before,
				fc.record({ attempts: fc.constant(attempts), crashes: fc.constant(crashes), timeIsOver: fc.boolean() }),
			);
		});
		const property = fc.property(transition, open, (each, [before, most]) => {
			const { to, used: after, reason } = move(each, before, most);
			expect(after.attempts).toBeLessThanOrEqual(most.attempts);
			expect(after.crashes).toBeLessThanOrEqual(most.crashes);
			if (to === 'waiting') expect(after.attempts < most.attempts && after.crashes < most.crashes).toBe(true);
			expect(reason !== null).toBe(to === 'dead' || to === 'cancelled');
		});
		fc.assert(property, seeded);
	});
});

describe('keepsPlace', () => {
	const names = Object.keys(TRANSITIONS) as (keyof typeof TRANSITIONS)[];

	test('in a group of strict order whatever comes back from a worker keeps its place', () => {
		const keeping = names.filter((name) => keepsPlace(TRANSITIONS[name], true));
		expect(keeping.filter((name) => TRANSITIONS[name].to === 'waiting')).toEqual([
			'retry',
			'release',
			'reclaim',
			'unstarted',
			'timeout',
		]);
		for (const name of ['promote', 'expire', 'cancel', 'requeue'] as const) expect(keeping).not.toContain(name);
	});

	test('without strict order, and with onRetry requeue, nothing does', () => {
		for (const name of names) {
			expect(keepsPlace(TRANSITIONS[name], false)).toBe(false);
			expect(keepsPlace(TRANSITIONS[name], false, 'keep')).toBe(false);
			expect(keepsPlace(TRANSITIONS[name], true, 'requeue')).toBe(false);
		}
	});
});
