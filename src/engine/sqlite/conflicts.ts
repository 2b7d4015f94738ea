import { formatId } from '../../core/ids.ts';
import type { NewJob } from '../../core/job.ts';
import { toRawJson } from '../../core/json.ts';
import { TRANSITIONS } from '../../core/transitions.ts';
import { type HolderState, UNIQUE_MATRIX, type Unique, type UniqueAnswer } from '../../core/unique.ts';
import { countUnfinishedBytes } from './budgets.ts';
import { findJob, readJob, type StoredJob } from './jobs.ts';
import { Moves } from './moves.ts';
import type { NewJobs } from './new-jobs.ts';
import type { Pushed } from './push.ts';
import type { Store } from './store.ts';
import { termsOf, writeTerms } from './terms.ts';
import type { TopicEntry } from './topic-entry.ts';

type UniqueJob = NewJob & { unique: Unique };

/** One job of a push that has a key: stored, or answered by the job that holds the key. */
export function pushUnique(store: Store, topic: TopicEntry, job: UniqueJob, created: NewJobs): Pushed {
	const { keys, now } = store;
	const { key, onConflict } = job.unique;
	const hold = keys.find(topic, key, now);
	if (hold === undefined) return createHolder(store, topic, job, created, { outcome: 'free' });
	// The holder, or the last in line, may be a job of this very push.
	created.flush();
	const holder = findJob(store, topic, hold.holder);
	// A holder that was let go of after it completed is still the one that did the work.
	if (holder === undefined) return answer(topic, hold.holder, 'completed', 'kept', hold.holder, 'completed');
	const state = holder.state as HolderState;
	const action = UNIQUE_MATRIX[onConflict][state];
	if (action === 'keep') return answer(topic, holder.number, state, 'kept', holder.number, state);
	if (action === 'queue') return queue(store, job, holder, created);
	if (action === 'cancel') {
		cancelHolder(store, holder, key);
		const former = formatId(topic.name, holder.number);
		return createHolder(store, topic, job, created, { outcome: 'cancelled', former });
	}
	replaceHolder(store, holder, job, action === 'debounce');
	const outcome = action === 'replace' ? 'replaced' : 'debounced';
	return answer(topic, holder.number, holder.state, outcome, holder.number, holder.state);
}

function answer(
	topic: TopicEntry,
	number: number,
	state: StoredJob['state'],
	outcome: UniqueAnswer['outcome'],
	holder: number,
	holderState: StoredJob['state'],
): Pushed {
	const unique = { outcome, holder: formatId(topic.name, holder), holderState };
	return { number, id: formatId(topic.name, number), state, unique };
}

function createHolder(
	store: Store,
	topic: TopicEntry,
	job: UniqueJob,
	created: NewJobs,
	what: Pick<UniqueAnswer, 'outcome' | 'former'>,
): Pushed {
	const { number, state } = created.add(topic, job);
	store.keys.hold(topic, job.unique, number, store.now);
	const id = formatId(topic.name, number);
	return { number, id, state, unique: { ...what, holder: id, holderState: state } };
}

/** The new job waits, delayed, for the holder. A debounced one takes the place of the last in line. */
function queue(store: Store, job: UniqueJob, holder: StoredJob, created: NewJobs): Pushed {
	const { topic } = holder;
	const { key, onConflict } = job.unique;
	const due = Math.max(store.now, dueAtOf(job, store.now));
	const last = onConflict === 'debounce' ? store.keys.last(topic, key) : undefined;
	const waiting = last && readJob(store, topic, last.job);
	if (last !== undefined && waiting !== undefined) {
		replace(store, waiting, job);
		store.keys.delay(last, due);
		const moves = new Moves(store);
		moves.setDeadlines(waiting, due);
		moves.write();
		return answer(topic, waiting.number, waiting.state, 'debounced', holder.number, holder.state);
	}
	const { id, number, state } = created.addQueued(topic, job, due);
	store.keys.join(topic, key, { job: id, due });
	return answer(topic, number, state, 'queued', holder.number, holder.state);
}

function dueAtOf({ runAt, delayMs }: NewJob, now: number): number {
	return runAt ?? now + delayMs;
}

/** The holder has the data and options of the new job; debounced, it is due anew. */
function replaceHolder(store: Store, holder: StoredJob, job: UniqueJob, debounce: boolean): void {
	const { now } = store;
	const moves = new Moves(store);
	replace(store, holder, job);
	// Another cost, perhaps.
	if (holder.state === 'waiting') moves.reopen(holder);
	store.keys.hold(holder.topic, job.unique, holder.number, now);
	const dueAt = debounce ? dueAtOf(job, now) : (holder.dueAt ?? now);
	if (debounce && dueAt > now) moves.delayUntil(holder, dueAt);
	else if (debounce && holder.state === 'delayed') moves.make(holder, TRANSITIONS.promote);
	moves.setDeadlines(holder, holder.state === 'delayed' ? dueAt : now);
	moves.write();
}

const REPLACE = 'UPDATE jobs SET max_attempts = ?, backoff = ?, terms = ?, bytes = ? WHERE id = ?';

/** Payload and options of the new job; priority, group, place and due time of the old one. */
function replace(store: Store, old: StoredJob, job: NewJob): void {
	const { topic, id } = old;
	const terms = termsOf(job) ?? {};
	const backoff = job.backoff === null ? null : JSON.stringify(job.backoff);
	const bytes = old.bytes === null ? null : Buffer.byteLength(job.data);
	store.sql.run(REPLACE, [job.maxAttempts, backoff, writeTerms(terms), bytes, id]);
	store.sql.run('UPDATE payloads SET data = ? WHERE job = ?', [job.data, id]);
	countUnfinishedBytes(topic, old, -1);
	old.terms = terms;
	old.maxAttempts = job.maxAttempts;
	old.bytes = bytes;
	countUnfinishedBytes(topic, old, 1);
}

/** The new job takes the key itself, so that those who wait behind it stay there. */
function cancelHolder(store: Store, holder: StoredJob, key: string): void {
	const { topic, number, state } = holder;
	const moves = new Moves(store);
	store.keys.free(topic, key);
	if (state === 'active') store.hints.cancelled(formatId(topic.name, number));
	moves.tell(holder, 'cancelled', null, toRawJson('replaced by a push with its key'));
	moves.make(holder, TRANSITIONS.cancel);
	moves.write();
}
