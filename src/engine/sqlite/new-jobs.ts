import type { NewJob } from '../../core/job.ts';
import { countUnfinishedBytes, weigh } from './budgets.ts';
import type { SqlValue } from './driver.ts';
import { QUEUED_AT, STATE } from './jobs.ts';
import { insertion } from './sql.ts';
import type { Store } from './store.ts';
import { deadlinesOf, termsOf, writeTerms } from './terms.ts';
import type { TopicEntry } from './topic-entry.ts';

const JOBS = insertion('jobs', [
	...['id', 'topic', 'number', 'state', 'at', 'lane', 'pos'],
	...['max_attempts', 'priority', 'grp', 'created_at', 'backoff', 'terms', 'start_by', 'retry_until', 'bytes'],
]);
const PAYLOADS = insertion('payloads', ['job', 'data']);

/** A job that was just made. */
export interface Created {
	/** Its row. */
	id: number;
	number: number;
	state: 'waiting' | 'delayed';
}

/** The new jobs of a call: all its batches share the INSERTs. */
export class NewJobs {
	readonly #store: Store;
	#jobs: SqlValue[][] = [];
	#payloads: SqlValue[][] = [];

	constructor(store: Store) {
		this.#store = store;
	}

	/** Makes a job that waits, or is delayed until it is due. */
	add(topic: TopicEntry, job: NewJob): Created {
		const { now, topics, lanes } = this.#store;
		const dueAt = job.runAt ?? now + job.delayMs;
		if (dueAt > now) {
			topics.expect(topic, 'promote', dueAt, now);
			return this.#add(topic, job, 'delayed', [dueAt, null, null], dueAt);
		}
		const lane = lanes.find(topic, job.priority, job.group);
		lanes.join(topic, lane);
		return this.#add(topic, job, 'waiting', [null, lane.id, lanes.tail(lane)], now);
	}

	/** Makes a job that waits for another to give up its key. */
	addQueued(topic: TopicEntry, job: NewJob, firstDue: number): Created {
		return this.#add(topic, job, 'delayed', [QUEUED_AT, null, null], firstDue);
	}

	/** Writes what was added so far. */
	flush(): void {
		this.#store.sql.insert(JOBS, this.#jobs);
		this.#store.sql.insert(PAYLOADS, this.#payloads);
		this.#jobs = [];
		this.#payloads = [];
	}

	/**
	 * @param place - at, lane and pos
	 * @param firstDue - the moment that the job may first run
	 */
	#add(topic: TopicEntry, job: NewJob, state: Created['state'], place: SqlValue[], firstDue: number): Created {
		const { now, topics } = this.#store;
		const number = Math.max(topic.lastNumber + 1, now);
		topic.lastNumber = number;
		const id = this.#store.newJobId();
		const terms = termsOf(job);
		const { startBy, retryUntil } = deadlinesOf(terms, firstDue);
		const bytes = weigh(topic, job.data);
		const backoff = job.backoff === null ? null : JSON.stringify(job.backoff);
		const options = [job.maxAttempts, job.priority, job.group, now, backoff, writeTerms(terms)];
		this.#jobs.push([id, topic.id, number, STATE[state], ...place, ...options, startBy, retryUntil, bytes]);
		this.#payloads.push([id, job.data]);
		topics.count(topic, state, 1);
		countUnfinishedBytes(topic, { number, bytes }, 1);
		if (startBy !== null) topics.expect(topic, 'expire', startBy, now);
		return { id, number, state };
	}
}
