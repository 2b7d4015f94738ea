import { formatId } from '../../core/ids.ts';
import type { NewJob } from '../../core/job.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PushBatch, PushedJob, PushResult } from '../engine.ts';
import { hasRoom } from './budgets.ts';
import { pushUnique } from './conflicts.ts';
import { recall, remember } from './memories.ts';
import { NewJobs } from './new-jobs.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topic-entry.ts';

export function push(store: Store, batches: PushBatch[]): PushResult[] {
	const created = new NewJobs(store);
	const results = batches.map((batch) => pushBatch(store, batch, created));
	created.flush();
	return results;
}

/** What a job of a push became, and the number of its id. */
export type Pushed = PushedJob & { number: number };

function pushBatch(store: Store, { topic: name, jobs, idempotency }: PushBatch, created: NewJobs): PushResult {
	const topic = store.topics.findOrMake(name);
	const first = idempotency && recall(store, topic, 'push', idempotency.key);
	if (first !== undefined) {
		const status = first.fingerprint === idempotency?.fingerprint ? 'duplicate' : 'conflict';
		const numbers: number[] = JSON.parse(first.answer);
		return { status, ids: numbers.map((number) => formatId(name, number)) };
	}
	if (!hasRoom(topic, jobs)) return { status: 'full' };
	const numbers: number[] = [];
	const pushed = jobs.map((job): PushedJob => {
		const { number, ...answer } = pushJob(store, topic, job, created);
		numbers.push(number);
		return answer;
	});
	store.topics.touch(topic);
	if (idempotency !== undefined) {
		const memory = { fingerprint: idempotency.fingerprint, answer: JSON.stringify(numbers) };
		remember(store, topic, 'push', idempotency.key, memory, LIMITS.idempotencyTtlMs);
	}
	return { status: 'created', jobs: pushed };
}

function pushJob(store: Store, topic: TopicEntry, job: NewJob, created: NewJobs): Pushed {
	const { unique } = job;
	if (unique !== undefined) return pushUnique(store, topic, { ...job, unique }, created);
	const { number, state } = created.add(topic, job);
	return { number, id: formatId(topic.name, number), state };
}
