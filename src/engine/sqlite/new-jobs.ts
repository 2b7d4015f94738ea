import type { JobTerms, NewJob } from '../../core/job.ts';
import { countUnfinishedBytes, weigh } from './budgets.ts';
import type { SqlValue } from './driver.ts';
import { QUEUED_AT, STATE } from './jobs.ts';
import { insertion } from './sql.ts';
import type { Store } from './store.ts';
import { deadlinesOf, termsOf, writeTerms } from './terms.ts';
import type { TopicEntry } from './topic-entry.ts';

const COLUMNS = [
	...['id', 'topic', 'number', 'state', 'at', 'lane', 'pos'],
	...['max_attempts', 'priority', 'grp', 'created_at', 'backoff'],
];
const JOBS = insertion('jobs', COLUMNS);
const JOBS_WITH_TERMS = insertion('jobs', [...COLUMNS, 'bytes', 'terms', 'start_by', 'retry_until']);
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
	/** Those that ask for more than the plain, or whose payload counts. */
	#withTerms: SqlValue[][] = [];
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
		this.#store.sql.insert(JOBS_WITH_TERMS, this.#withTerms);
		this.#store.sql.insert(PAYLOADS, this.#payloads);
		this.#jobs = [];
		this.#withTerms = [];
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
		const backoff = job.backoff === null ? null : JSON.stringify(job.backoff);
		const options = [job.maxAttempts, job.priority, job.group, now, backoff];
		const row = [id, topic.id, number, STATE[state], ...place, ...options];
		const terms = termsOf(job);
		const bytes = weigh(topic, job.data);
		if (terms === undefined && bytes === null) this.#jobs.push(row);
		else this.#withTerms.push([...row, bytes, ...this.#terms(topic, terms ?? {}, firstDue)]);
		this.#payloads.push([id, job.data]);
		topics.count(topic, state, 1);
		countUnfinishedBytes(topic, { number, bytes }, 1);
		return { id, number, state };
	}

	#terms(topic: TopicEntry, terms: JobTerms, firstDue: number): SqlValue[] {
		const { startBy, retryUntil } = deadlinesOf(terms, firstDue);
		if (startBy !== null) this.#store.topics.expect(topic, 'expire', startBy, this.#store.now);
		return [writeTerms(terms), startBy, retryUntil];
	}
}
