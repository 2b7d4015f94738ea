import { transitionOf } from '../../core/transitions.ts';
import type { ExtendResult, Lease, Outcome, SettleResult, TakeRequest } from '../engine.ts';
import { park } from './gates.ts';
import { findJobs, type StoredJob } from './jobs.ts';
import { Moves } from './moves.ts';
import { openTopicAt } from './openings.ts';
import type { Store } from './store.ts';
import { take } from './take.ts';

export function settle(store: Store, outcomes: Outcome[]): SettleResult[] {
	const jobs = findJobs(
		store,
		outcomes.map(({ id }) => id),
	);
	const moves = new Moves(store, jobs.values());
	const results = outcomes.map((outcome): SettleResult => {
		const job = jobs.get(outcome.id);
		if (job === undefined) return { status: 'missing' };
		if (job.state !== 'active' || job.token !== outcome.token) return refusal(job);
		keepTexts(store, moves, job, outcome);
		const state = moves.make(job, transitionOf(outcome.outcome, outcome.reason), outcome.delayMs);
		if (outcome.parkMs !== undefined) parkFor(store, job, outcome.parkMs);
		return { status: 'ok', state, at: store.now };
	});
	moves.write();
	return results;
}

export function settleAndTake(store: Store, outcomes: Outcome[], request: TakeRequest) {
	const settled = settle(store, outcomes);
	return { settled, jobs: take(store, request) };
}

/** Why a token is refused. */
function refusal({ state }: StoredJob): { status: 'stale' } | { status: 'cancelled' } {
	return { status: state === 'cancelled' ? 'cancelled' : 'stale' };
}

const KEEP_ERROR = 'UPDATE jobs SET error = ? WHERE id = ? RETURNING worker';

/** What the worker handed in. A run that fails without an error takes the place of one that had one. */
function keepTexts(store: Store, moves: Moves, job: StoredJob, { outcome, result, error }: Outcome): void {
	if (outcome === 'complete' && result !== undefined) {
		store.sql.run('UPDATE jobs SET result = ? WHERE id = ?', [result, job.id]);
	}
	if (outcome !== 'retry' && outcome !== 'kill') return;
	const kept = store.sql.change<{ worker: string | null }>(KEEP_ERROR, [error ?? null, job.id]);
	moves.tell(job, outcome === 'retry' ? 'failed' : 'killed', kept[0]?.worker ?? null, error ?? null);
}

/** The job's group gives no jobs for so long, or the topic if it has none. */
function parkFor(store: Store, { topic, group: name }: StoredJob, parkMs: number): void {
	if (name === null) {
		park(topic, store.now + parkMs);
		store.topics.touch(topic);
		// The next take finds out when.
		openTopicAt(store, topic, null);
	} else {
		const group = store.groups.find(topic, name);
		park(group, store.now + parkMs);
		store.groups.touch(group);
	}
}

const EXTEND = 'UPDATE jobs SET at = ? WHERE id IN (SELECT value FROM json_each(?))';
const START = 'UPDATE jobs SET unstarted = NULL WHERE id IN (SELECT value FROM json_each(?))';

export function extend(store: Store, leases: Lease[], leaseMs: number): ExtendResult[] {
	const jobs = findJobs(
		store,
		leases.map(({ id }) => id),
	);
	/** By the end of the lease: all the same, unless a job's time to run is over before. */
	const extended = new Map<number, number[]>();
	const started: number[] = [];
	const results = leases.map(({ id, token, progress, started: starts }): ExtendResult => {
		const job = jobs.get(id);
		if (job === undefined) return { status: 'missing' };
		if (job.state !== 'active' || job.token !== token) return refusal(job);
		const { runUntil } = job;
		if (runUntil !== null && runUntil <= store.now) return { status: 'stale' };
		const leaseExpiresAt = Math.min(store.now + leaseMs, runUntil ?? Number.POSITIVE_INFINITY);
		const ids = extended.get(leaseExpiresAt) ?? [];
		extended.set(leaseExpiresAt, ids);
		ids.push(job.id);
		if (starts) started.push(job.id);
		if (progress !== undefined) store.sql.run('UPDATE jobs SET progress = ? WHERE id = ?', [progress, job.id]);
		store.topics.expect(job.topic, 'reclaim', leaseExpiresAt, store.now);
		return { status: 'ok', leaseExpiresAt };
	});
	for (const [at, ids] of extended) store.sql.run(EXTEND, [at, JSON.stringify(ids)]);
	if (started.length > 0) store.sql.run(START, [JSON.stringify(started)]);
	return results;
}
