import type { JobState } from '../../core/job.ts';
import { move, type Transition } from '../../core/transitions.ts';
import { STATE, type StoredJob } from './jobs.ts';
import type { Lane } from './lanes.ts';
import { type FinishedState, trim } from './retention.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topics.ts';

/** What a move writes; lane and pos only matter in the waiting state. */
interface Written {
	job: StoredJob;
	at: number | null;
	lane: Lane | null;
	pos: number | null;
	reason: string | null;
}

const WRITE = `UPDATE jobs SET state = v.value ->> 1, at = v.value ->> 2, used = v.value ->> 3, lane = v.value ->> 4,
	pos = v.value ->> 5, reason = v.value ->> 6 FROM json_each(?) AS v WHERE jobs.id = v.value ->> 0`;

/** The moves of one call: decided by the transition table one by one, written together. */
export class Moves {
	readonly #store: Store;
	readonly #written: Written[] = [];
	readonly #toHead: Written[] = [];
	readonly #finished = new Map<TopicEntry, Record<FinishedState, number>>();

	constructor(store: Store) {
		this.#store = store;
	}

	/** Moves a job that stands in a state from which the transition starts, and returns its new state. */
	make(job: StoredJob, transition: Transition, delayMs = 0): JobState {
		const { now, topics } = this.#store;
		const { to, attemptsUsed, reason } = move(transition, job.used, job.maxAttempts);
		const state = to === 'waiting' && delayMs > 0 ? 'delayed' : to;
		const written: Written = { job, at: state === 'waiting' ? null : now, lane: null, pos: null, reason };
		topics.count(job.topic, job.state, -1);
		topics.count(job.topic, state, 1);
		job.state = state;
		job.used = attemptsUsed;
		this.#written.push(written);
		if (state === 'waiting') this.#join(written, transition.place);
		else if (state === 'delayed') this.#delay(written, now + delayMs);
		else if (state === 'completed' || state === 'dead') this.#finish(job.topic, state);
		return state;
	}

	/** Writes the moves, then lets go of finished jobs that they pushed over the count. */
	write(): void {
		if (this.#written.length === 0) return;
		// Jobs released together stand at the head in the order of their ids, so the last goes there first.
		this.#toHead.sort((a, b) => b.job.number - a.job.number);
		for (const written of this.#toHead) {
			if (written.lane !== null) written.pos = this.#store.lanes.head(written.lane);
		}
		const rows = this.#written.map(({ job, at, lane, pos, reason }) => {
			return [job.id, STATE[job.state], at, job.used, lane?.id ?? null, pos, reason];
		});
		this.#store.sql.run(WRITE, [JSON.stringify(rows)]);
		for (const [topic, { completed, dead }] of this.#finished) {
			if (completed > 0) trim(this.#store, topic, 'completed', 2 * completed);
			if (dead > 0) trim(this.#store, topic, 'dead', 2 * dead);
		}
	}

	#join(written: Written, place: Transition['place']): void {
		const { lanes } = this.#store;
		const { topic, priority, group } = written.job;
		written.lane = lanes.find(topic, priority, group);
		lanes.join(topic, written.lane);
		if (place === 'head') this.#toHead.push(written);
		else written.pos = lanes.tail(written.lane);
	}

	#delay(written: Written, dueAt: number): void {
		written.at = dueAt;
		this.#store.topics.expect(written.job.topic, 'promote', dueAt, this.#store.now);
	}

	#finish(topic: TopicEntry, state: FinishedState): void {
		const counts = this.#finished.get(topic) ?? { completed: 0, dead: 0 };
		counts[state]++;
		this.#finished.set(topic, counts);
	}
}
