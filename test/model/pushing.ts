import { formatId } from '../../src/core/ids.ts';
import type { NewJob } from '../../src/core/job.ts';
import { toRawJson } from '../../src/core/json.ts';
import { TRANSITIONS } from '../../src/core/transitions.ts';
import { UNIQUE_MATRIX, type Unique, type UniqueAnswer } from '../../src/core/unique.ts';
import type { PushedJob } from '../../src/engine/engine.ts';
import { reopen } from './flow.ts';
import { holderState, holdKey, holdOf } from './keys.ts';
import { joinTail, leaveLane } from './lanes.ts';
import type { Hold, ModelJob, ModelTopic } from './model.ts';
import { apply, setTerms, tell, withdraw } from './moves.ts';

/** One job of a push: stored, or answered by the job that holds its key. */
export function pushJob(topic: ModelTopic, job: NewJob, now: number): PushedJob {
	const { unique } = job;
	if (unique === undefined) return shown(create(topic, job, now));
	const hold = holdOf(topic, unique.key, now);
	if (hold === undefined) return createHolder(topic, job, now, { outcome: 'free' });
	return conflict(topic, { ...job, unique }, hold, now);
}

type UniqueJob = NewJob & { unique: Unique };

function conflict(topic: ModelTopic, job: UniqueJob, hold: Hold, now: number): PushedJob {
	const state = holderState(topic, hold);
	const action = UNIQUE_MATRIX[job.unique.onConflict][state];
	const holder = topic.jobs.get(hold.holder);
	if (action === 'keep' || holder === undefined) return answer(topic, hold.holder, job.unique, 'kept');
	if (action === 'queue') return queue(topic, job, now);
	if (action === 'cancel') {
		const former = holder.id;
		cancelHolder(topic, holder, now);
		return createHolder(topic, job, now, { outcome: 'cancelled', former });
	}
	replace(holder, job, now);
	// Another cost, perhaps.
	if (state === 'waiting') reopen(topic, holder.group);
	holdKey(topic, holder, now);
	if (action === 'replace') return answer(topic, holder.id, job.unique, 'replaced');
	delayAnew(topic, holder, job.runAt ?? now + job.delayMs, now);
	return answer(topic, holder.id, job.unique, 'debounced');
}

function answer(topic: ModelTopic, id: string, { key }: Unique, outcome: UniqueAnswer['outcome']): PushedJob {
	const hold = topic.keys.get(key) ?? { holder: id, until: null };
	const unique = { outcome, holder: hold.holder, holderState: holderState(topic, hold) };
	return { id, state: topic.jobs.get(id)?.state ?? 'completed', unique };
}

function shown({ id, state }: ModelJob): PushedJob {
	return { id, state };
}

function createHolder(
	topic: ModelTopic,
	job: NewJob,
	now: number,
	what: Pick<UniqueAnswer, 'outcome' | 'former'>,
): PushedJob {
	const created = create(topic, job, now);
	holdKey(topic, created, now);
	return { ...shown(created), unique: { ...what, holder: created.id, holderState: created.state } };
}

/** The new job waits, delayed, for the holder. A debounced one takes the place of the last in line. */
function queue(topic: ModelTopic, job: UniqueJob, now: number): PushedJob {
	const { key, onConflict } = job.unique;
	const line = topic.followers.get(key) ?? [];
	topic.followers.set(key, line);
	const due = job.runAt ?? now + job.delayMs;
	const last = line.at(-1);
	const waiting = last && topic.jobs.get(last.id);
	if (onConflict === 'debounce' && last !== undefined && waiting !== undefined) {
		replace(waiting, job, now);
		last.due = Math.max(now, due);
		setTerms(waiting, last.due);
		return answer(topic, waiting.id, job.unique, 'debounced');
	}
	const created = create(topic, { ...job, delayMs: 0, runAt: null }, now);
	leaveLane(topic, created);
	created.state = 'delayed';
	line.push({ id: created.id, due: Math.max(now, due) });
	setTerms(created, Math.max(now, due));
	return answer(topic, created.id, job.unique, 'queued');
}

/** Payload and options of the new job; priority, group, place and due time of the old one. */
function replace(old: ModelJob, job: UniqueJob, now: number): void {
	const { delayMs: _delay, runAt: _runAt, priority: _priority, group: _group, ...rest } = job;
	const { id, number, topic: name, state, used, token, createdAt, priority, group } = old;
	const { reason, error, progress, result, history, slot, leaseExpiresAt, finishedAt, runAt } = old;
	const kept = { id, number, topic: name, state, used, token, createdAt, priority, group };
	const run = { reason, error, progress, result, history, slot, leaseExpiresAt, finishedAt, runAt };
	const replaced: ModelJob = {
		...rest,
		...kept,
		...run,
		worker: null,
		started: false,
		runUntil: null,
		startBy: null,
		retryUntil: null,
	};
	// The same object stays in its lane.
	for (const name of Object.keys(old)) Reflect.deleteProperty(old, name);
	Object.assign(old, replaced);
	setTerms(old, state === 'delayed' ? (runAt ?? now) : now);
}

function delayAnew(topic: ModelTopic, job: ModelJob, dueAt: number, now: number): void {
	if (dueAt > now) {
		if (job.state === 'waiting') withdraw(topic, job);
		job.state = 'delayed';
		job.runAt = dueAt;
		setTerms(job, dueAt);
	} else {
		if (job.state === 'delayed') apply(topic, job, TRANSITIONS.promote, { now });
		setTerms(job, now);
	}
}

/** The new job takes the key itself, so that those who wait behind it stay there. */
function cancelHolder(topic: ModelTopic, holder: ModelJob, now: number): void {
	topic.keys.delete(holder.unique?.key ?? '');
	tell(holder, 'cancelled', now, null, toRawJson('replaced by a push with its key'));
	apply(topic, holder, TRANSITIONS.cancel, { now });
}

function create(topic: ModelTopic, { delayMs, runAt, ...rest }: NewJob, now: number): ModelJob {
	const number = Math.max(topic.lastNumber + 1, now);
	topic.lastNumber = number;
	const dueAt = runAt ?? now + delayMs;
	const isDelayed = dueAt > now;
	const job: ModelJob = {
		...rest,
		id: formatId(topic.topic, number),
		number,
		topic: topic.topic,
		state: isDelayed ? 'delayed' : 'waiting',
		used: { attempts: 0, crashes: 0, releases: 0 },
		token: 0,
		createdAt: now,
		runAt: isDelayed ? dueAt : null,
		leaseExpiresAt: null,
		finishedAt: null,
		reason: null,
		result: null,
		error: null,
		progress: null,
		history: [],
		worker: null,
		started: false,
		runUntil: null,
		slot: false,
		startBy: null,
		retryUntil: null,
	};
	setTerms(job, Math.max(now, dueAt));
	topic.jobs.set(job.id, job);
	if (!isDelayed) joinTail(topic, job);
	return job;
}
