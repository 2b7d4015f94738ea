import { transitionOf } from '../../core/transitions.ts';
import type { ExtendResult, Lease, Outcome, SettleResult, TakeRequest } from '../engine.ts';
import { findJobs, type StoredJob } from './jobs.ts';
import { Moves } from './moves.ts';
import type { Store } from './store.ts';
import { take } from './take.ts';

export function settle(store: Store, outcomes: Outcome[]): SettleResult[] {
	const jobs = findJobs(
		store,
		outcomes.map(({ id }) => id),
	);
	const moves = new Moves(store);
	const results = outcomes.map((outcome): SettleResult => {
		const job = jobs.get(outcome.id);
		if (job === undefined) return { status: 'missing' };
		const transition = transitionOf(outcome.outcome, outcome.reason);
		if (!transition.from.includes(job.state) || job.token !== outcome.token) return { status: 'stale' };
		keepTexts(store, job, outcome);
		return { status: 'ok', state: moves.make(job, transition, outcome.delayMs), at: store.now };
	});
	moves.write();
	return results;
}

export function settleAndTake(store: Store, outcomes: Outcome[], request: TakeRequest) {
	const settled = settle(store, outcomes);
	return { settled, jobs: take(store, request) };
}

/** What the worker handed in. A run that fails without an error takes the place of one that had one. */
function keepTexts(store: Store, job: StoredJob, { outcome, result, error }: Outcome): void {
	if (outcome === 'complete' && result !== undefined) {
		store.sql.run('UPDATE jobs SET result = ? WHERE id = ?', [result, job.id]);
	}
	const mayHaveOne = job.token > 1;
	if ((outcome === 'retry' || outcome === 'kill') && (error !== undefined || mayHaveOne)) {
		store.sql.run('UPDATE jobs SET error = ? WHERE id = ?', [error ?? null, job.id]);
	}
}

const EXTEND = 'UPDATE jobs SET at = ? WHERE id IN (SELECT value FROM json_each(?))';

export function extend(store: Store, leases: Lease[], leaseMs: number): ExtendResult[] {
	const jobs = findJobs(
		store,
		leases.map(({ id }) => id),
	);
	const leaseExpiresAt = store.now + leaseMs;
	const extended: number[] = [];
	const results = leases.map(({ id, token, progress }): ExtendResult => {
		const job = jobs.get(id);
		if (job === undefined) return { status: 'missing' };
		if (job.state !== 'active' || job.token !== token) return { status: 'stale' };
		extended.push(job.id);
		if (progress !== undefined) store.sql.run('UPDATE jobs SET progress = ? WHERE id = ?', [progress, job.id]);
		store.topics.expect(job.topic, 'reclaim', leaseExpiresAt, store.now);
		return { status: 'ok', leaseExpiresAt };
	});
	if (extended.length > 0) store.sql.run(EXTEND, [leaseExpiresAt, JSON.stringify(extended)]);
	return results;
}
