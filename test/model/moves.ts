import type { HistoryEntry } from '../../src/core/job.ts';
import type { RawJson } from '../../src/core/json.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { keepsPlace, move, type Transition } from '../../src/core/transitions.ts';
import { countStart, isOrdered, reopen } from './flow.ts';
import { followerOf, keyAfterEnd, keyAfterTake } from './keys.ts';
import { joinHead, joinTail, leaveLane, serve } from './lanes.ts';
import { inState, type ModelJob, type ModelTopic } from './model.ts';

export interface MoveOptions {
	now: number;
	delayMs?: number;
	/** Jobs that the same call has put at the head of a lane already; the job joins them if it goes there. */
	together?: ModelJob[];
}

/** Makes one move of the table. */
export function apply(topic: ModelTopic, job: ModelJob, transition: Transition, options: MoveOptions): void {
	const { now, delayMs = 0, together = [] } = options;
	const timeIsOver = job.retryUntil !== null && job.retryUntil <= now;
	const allowed = { attempts: job.maxAttempts, crashes: job.maxCrashes ?? job.maxAttempts, timeIsOver };
	const { to, used, reason } = move(transition, job.used, allowed);
	const keeps = keepsPlace(transition, isOrdered(topic, job.group), job.onRetry);
	// A job that kept its place while it was delayed still stands at the head.
	const toHead = keeps || transition.place === 'head' || (job.state === 'delayed' && job.slot);
	if (job.state === 'waiting') withdraw(topic, job);
	job.used = used;
	job.reason = reason;
	endRun(job);
	if (to !== 'waiting') {
		job.state = to;
		job.finishedAt = now;
	} else if (delayMs > 0) {
		job.state = 'delayed';
		job.runAt = now + delayMs;
	} else {
		job.state = 'waiting';
		if (!toHead) joinTail(topic, job);
		else {
			joinHead(topic, job, together);
			together.push(job);
		}
	}
	if (job.slot && !(keeps && job.state === 'delayed')) freeSlot(topic, job);
	if (job.finishedAt !== null) keyAfterEnd(topic, job, now);
}

function endRun(job: ModelJob): void {
	job.runAt = null;
	job.leaseExpiresAt = null;
	job.finishedAt = null;
	job.worker = null;
	job.runUntil = null;
	job.started = false;
}

/** A job leaves its lane otherwise than by a take: what the group's rate held back was perhaps this job alone. */
export function withdraw(topic: ModelTopic, job: ModelJob): void {
	leaveLane(topic, job);
	reopen(topic, job.group);
}

export function freeSlot(topic: ModelTopic, job: ModelJob): void {
	if (!job.slot) return;
	job.slot = false;
	reopen(topic, job.group);
}

export interface Run {
	now: number;
	leaseMs: number;
	worker: string | undefined;
	marks: boolean | undefined;
}

/** waiting → active. */
export function start(topic: ModelTopic, job: ModelJob, { now, leaseMs, worker, marks }: Run): void {
	serve(topic, job);
	countStart(topic, job, now);
	job.state = 'active';
	job.token += 1;
	job.slot = job.group !== null;
	job.worker = worker ?? null;
	job.started = marks !== true;
	job.runUntil = job.timeoutMs === undefined ? null : now + job.timeoutMs;
	job.leaseExpiresAt = Math.min(now + leaseMs, job.runUntil ?? Number.POSITIVE_INFINITY);
	keyAfterTake(topic, job, now);
}

/** The attempt that is under way, or the attempts used by a job that does not run. */
export function attemptOf({ state, used }: ModelJob): number {
	return state === 'active' ? used.attempts + 1 : used.attempts;
}

/** Adds to the history; called before the move that it tells of. */
export function tell(
	job: ModelJob,
	kind: HistoryEntry['kind'],
	at: number,
	by: string | null,
	error: RawJson | null,
): void {
	const kept = error !== null && Buffer.byteLength(error) <= LIMITS.historyErrorBytes ? error : null;
	job.history = [{ kind, at, attempt: attemptOf(job), by, error: kept }, ...job.history].slice(0, LIMITS.history);
}

/** The time that a job may start in, and be tried again in, from the moment that it may first run. */
export function setTerms(job: ModelJob, firstDue: number): void {
	job.startBy = job.ttlMs === undefined ? null : firstDue + job.ttlMs;
	job.retryUntil = job.retryForMs === undefined ? null : firstDue + job.retryForMs;
}

/** Jobs whose time to start is over: (start by, number). */
export function expired(topic: ModelTopic, now: number): ModelJob[] {
	const open = [...inState(topic, 'waiting'), ...inState(topic, 'delayed')];
	const due = open.filter(({ startBy }) => startBy !== null && startBy <= now);
	return due.sort((a, b) => (a.startBy ?? 0) - (b.startBy ?? 0) || a.number - b.number);
}

/** Takes a job out of everything that it stands in, before it is forgotten. */
export function remove(topic: ModelTopic, job: ModelJob, now: number): void {
	if (job.state === 'waiting') withdraw(topic, job);
	topic.jobs.delete(job.id);
	freeSlot(topic, job);
	keyAfterEnd(topic, { ...job, state: 'dead' }, now);
}

/** Whether a delayed job waits for the holder of its key. */
export function isQueued(topic: ModelTopic, job: ModelJob): boolean {
	return job.state === 'delayed' && followerOf(topic, job) !== undefined;
}
