import { formatId } from '../../core/ids.ts';
import type { NewJob } from '../../core/job.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PushBatch, PushResult } from '../engine.ts';
import type { SqlValue } from './driver.ts';
import { STATE } from './jobs.ts';
import { recall, remember } from './memories.ts';
import { insertion } from './sql.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topics.ts';

const JOBS = insertion('jobs', [
	...['id', 'topic', 'number', 'state', 'at', 'lane', 'pos'],
	...['max_attempts', 'priority', 'grp', 'created_at', 'backoff'],
]);
const PAYLOADS = insertion('payloads', ['job', 'data']);

/** Rows of a whole call: all its batches share the INSERTs. */
interface NewRows {
	jobs: SqlValue[][];
	payloads: SqlValue[][];
}

export function push(store: Store, batches: PushBatch[]): PushResult[] {
	const rows: NewRows = { jobs: [], payloads: [] };
	const results = batches.map((batch) => pushBatch(store, batch, rows));
	store.sql.insert(JOBS, rows.jobs);
	store.sql.insert(PAYLOADS, rows.payloads);
	return results;
}

function pushBatch(store: Store, { topic: name, jobs, idempotency }: PushBatch, rows: NewRows): PushResult {
	const topic = store.topics.findOrMake(name);
	const first = idempotency && recall(store, topic, 'push', idempotency.key);
	if (first !== undefined) {
		const status = first.fingerprint === idempotency?.fingerprint ? 'duplicate' : 'conflict';
		const numbers: number[] = JSON.parse(first.answer);
		return { status, ids: numbers.map((number) => formatId(name, number)) };
	}
	const numbers: number[] = [];
	const created = jobs.map((job) => {
		const number = Math.max(topic.lastNumber + 1, store.now);
		topic.lastNumber = number;
		numbers.push(number);
		return { id: formatId(name, number), state: addJob(store, topic, number, job, rows) };
	});
	store.topics.touch(topic);
	if (idempotency !== undefined) {
		const memory = { fingerprint: idempotency.fingerprint, answer: JSON.stringify(numbers) };
		remember(store, topic, 'push', idempotency.key, memory, LIMITS.idempotencyTtlMs);
	}
	return { status: 'created', jobs: created };
}

function addJob(store: Store, topic: TopicEntry, number: number, job: NewJob, rows: NewRows): 'waiting' | 'delayed' {
	const { now, topics, lanes } = store;
	const id = store.newJobId();
	const dueAt = job.runAt ?? now + job.delayMs;
	const state = dueAt > now ? 'delayed' : 'waiting';
	let place: SqlValue[];
	if (state === 'delayed') {
		place = [dueAt, null, null];
		topics.expect(topic, 'promote', dueAt, now);
	} else {
		const lane = lanes.find(topic, job.priority, job.group);
		lanes.join(topic, lane);
		place = [null, lane.id, lanes.tail(lane)];
	}
	topics.count(topic, state, 1);
	const backoff = job.backoff === null ? null : JSON.stringify(job.backoff);
	const rest = [job.maxAttempts, job.priority, job.group, now, backoff];
	rows.jobs.push([id, topic.id, number, STATE[state], ...place, ...rest]);
	rows.payloads.push([id, job.data]);
	return state;
}
