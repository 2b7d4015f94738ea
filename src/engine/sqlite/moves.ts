import type { HistoryEntry, JobState } from '../../core/job.ts';
import type { RawJson } from '../../core/json.ts';
import { keepsPlace, move, type Transition } from '../../core/transitions.ts';
import { countFinishedBytes, countUnfinishedBytes } from './budgets.ts';
import { hasRules, isOrdered } from './flow.ts';
import type { GroupEntry } from './groups.ts';
import { addHistory, type Event, keptError } from './history.ts';
import { attemptOf, isFinished, readJob, STATE, type StoredJob } from './jobs.ts';
import type { Lane } from './lanes.ts';
import { reopen } from './openings.ts';
import { FINISHED, type FinishedState, trim } from './retention.ts';
import type { Store } from './store.ts';
import { deadlinesOf } from './terms.ts';
import type { TopicEntry } from './topic-entry.ts';

/** Where a job goes: lane and pos only matter in the waiting state. */
interface Place {
	at: number | null;
	lane: Lane | null;
	pos: number | null;
	reason: string | null;
}

const NOWHERE: Place = { at: null, lane: null, pos: null, reason: null };

const WRITE = `UPDATE jobs SET state = v.value ->> 1, at = v.value ->> 2, used = v.value ->> 3, lane = v.value ->> 4,
	pos = v.value ->> 5, reason = v.value ->> 6, slot = NULL, run_until = NULL, worker = NULL, unstarted = NULL
	FROM json_each(?) AS v WHERE jobs.id = v.value ->> 0`;

/** What few moves change, and only for jobs that have it. */
const WRITE_MORE = `UPDATE jobs SET slot = v.value ->> 1, crashes = v.value ->> 2, releases = v.value ->> 3,
	start_by = v.value ->> 4, retry_until = v.value ->> 5, told = v.value ->> 6
	FROM json_each(?) AS v WHERE jobs.id = v.value ->> 0`;

/** The moves of one call: decided by the transition table one by one, written together. */
export class Moves {
	readonly #store: Store;
	/** The jobs that the call has read. One of them may be moved by the end of another. */
	readonly #known: Iterable<StoredJob>;
	readonly #places = new Map<StoredJob, Place>();
	readonly #toHead: StoredJob[] = [];
	readonly #more = new Set<StoredJob>();
	readonly #events: Event[] = [];
	readonly #reopened = new Set<GroupEntry>();
	readonly #finished = new Map<TopicEntry, Record<FinishedState, number>>();

	constructor(store: Store, known: Iterable<StoredJob> = []) {
		this.#store = store;
		this.#known = known;
	}

	/** Moves a job that stands in a state from which the transition starts, and returns its new state. */
	make(job: StoredJob, transition: Transition, delayMs = 0): JobState {
		const { now } = this.#store;
		const { terms, maxAttempts, retryUntil } = job;
		const timeIsOver = retryUntil !== null && retryUntil <= now;
		const allowed = { attempts: maxAttempts, crashes: terms.maxCrashes ?? maxAttempts, timeIsOver };
		const { to, used, reason } = move(transition, job.used, allowed);
		const keeps = keepsPlace(transition, isOrdered(this.#store, job.topic, job.group), terms.onRetry);
		// A job that kept its place while it was delayed still stands at the head.
		const toHead = keeps || transition.place === 'head' || (job.state === 'delayed' && job.slot);
		this.#leave(job);
		if (used.crashes !== job.used.crashes || used.releases !== job.used.releases) this.#more.add(job);
		job.used = used;
		if (to !== 'waiting') this.#finish(job, to as FinishedState, reason);
		else if (delayMs > 0) this.#delay(job, now + delayMs);
		else this.#wait(job, toHead);
		if (keeps && job.state === 'delayed' && job.slot) this.#more.add(job);
		else this.#freeSlot(job);
		if (isFinished(job.state)) this.#keyAfterEnd(job);
		return job.state;
	}

	/** Adds to the history; called before the move that it tells of. */
	tell(job: StoredJob, kind: HistoryEntry['kind'], by: string | null, error: RawJson | null): void {
		job.told++;
		this.#more.add(job);
		const event = { kind, at: this.#store.now, attempt: attemptOf(job), by, error: keptError(error) };
		this.#events.push({ job: job.id, n: job.told, ...event });
	}

	/** A job is due anew, at an instant that lies ahead. */
	delayUntil(job: StoredJob, at: number): void {
		this.#leave(job);
		this.#delay(job, at);
		if (job.slot) this.#more.add(job);
	}

	/** The times of the job count anew, from the moment that it may first run. */
	setDeadlines(job: StoredJob, firstDue: number): void {
		Object.assign(job, deadlinesOf(job.terms, firstDue));
		this.#expectExpiry(job);
		this.#more.add(job);
	}

	/** Takes a job out of everything that it stands in, before it is forgotten. */
	remove(job: StoredJob): void {
		this.#leave(job);
		this.#freeSlot(job);
		this.giveUpKey(job);
	}

	/** The group of the job is looked at again: what held it back has perhaps gone. */
	reopen({ topic, group: name }: StoredJob): void {
		if (name === null) return;
		const group = this.#store.groups.find(topic, name);
		// No lane is held by a call that moves jobs, so that once is enough.
		if (!this.#reopened.has(group) && hasRules(topic, group)) reopen(this.#store, topic, name);
		this.#reopened.add(group);
	}

	/** The key goes to the next in line, if the job held it; a job that only waited for it leaves the line. Returns the new holder. */
	giveUpKey(job: StoredJob): StoredJob | undefined {
		const { keys, now } = this.#store;
		const { unique } = job.terms;
		if (unique === undefined) return undefined;
		const next = keys.giveUp(job, unique);
		const follower = next && this.#find(job.topic, next.job);
		if (next === undefined || follower?.terms.unique === undefined) return undefined;
		keys.hold(job.topic, follower.terms.unique, follower.number, now);
		this.#leave(follower);
		if (next.due > now) this.#delay(follower, next.due);
		else this.#wait(follower, false);
		return follower;
	}

	/** Writes the moves, then lets go of finished jobs that they pushed over the count. */
	write(): void {
		if (this.#places.size > 0) {
			this.#placeHeads();
			this.#store.sql.run(WRITE, [JSON.stringify([...this.#places].map(placeRow))]);
		}
		if (this.#more.size > 0) this.#store.sql.run(WRITE_MORE, [JSON.stringify([...this.#more].map(moreRow))]);
		if (this.#events.length > 0) addHistory(this.#store.sql, this.#events);
		for (const [topic, counts] of this.#finished) {
			for (const state of FINISHED) if (counts[state] > 0) trim(this.#store, topic, state, 2 * counts[state]);
		}
	}

	/** Jobs that go to the head together stand there in the order of their ids, so the last goes there first. */
	#placeHeads(): void {
		this.#toHead.sort((a, b) => b.number - a.number);
		for (const job of this.#toHead) {
			const place = this.#places.get(job);
			if (place?.lane) place.pos = this.#store.lanes.head(place.lane);
		}
	}

	#freeSlot(job: StoredJob): void {
		if (!job.slot) return;
		job.slot = false;
		this.reopen(job);
	}

	/** Counts the job out of its state. If it waited, what the group's rate held back was perhaps this job alone. */
	#leave(job: StoredJob): void {
		const { topics, lanes } = this.#store;
		const { topic, state, priority, group } = job;
		if (state === 'waiting') {
			lanes.leave(lanes.find(topic, priority, group));
			this.reopen(job);
		}
		topics.count(topic, state, -1);
		if (isFinished(state)) countFinishedBytes(topic, job, -1);
		else countUnfinishedBytes(topic, job, -1);
	}

	#enter(job: StoredJob, state: JobState, place: Place): void {
		job.state = state;
		this.#store.topics.count(job.topic, state, 1);
		if (isFinished(state)) countFinishedBytes(job.topic, job, 1);
		else countUnfinishedBytes(job.topic, job, 1);
		this.#places.set(job, place);
	}

	#wait(job: StoredJob, toHead: boolean): void {
		const { lanes } = this.#store;
		const lane = lanes.find(job.topic, job.priority, job.group);
		lanes.join(job.topic, lane);
		this.#enter(job, 'waiting', { ...NOWHERE, lane, pos: toHead ? null : lanes.tail(lane) });
		if (toHead) this.#toHead.push(job);
		this.#expectExpiry(job);
	}

	#delay(job: StoredJob, dueAt: number): void {
		this.#enter(job, 'delayed', { ...NOWHERE, at: dueAt });
		this.#store.topics.expect(job.topic, 'promote', dueAt, this.#store.now);
		this.#expectExpiry(job);
	}

	#finish(job: StoredJob, state: FinishedState, reason: string | null): void {
		this.#enter(job, state, { ...NOWHERE, at: this.#store.now, reason });
		const counts = this.#finished.get(job.topic) ?? { completed: 0, dead: 0, cancelled: 0 };
		counts[state]++;
		this.#finished.set(job.topic, counts);
	}

	#expectExpiry({ topic, startBy }: StoredJob): void {
		if (startBy !== null) this.#store.topics.expect(topic, 'expire', startBy, this.#store.now);
	}

	/** A window outlives the completion of its job, unless others wait behind it. */
	#keyAfterEnd(job: StoredJob): void {
		const { unique } = job.terms;
		if (unique === undefined) return;
		const stays = typeof unique.scope === 'object' && job.state === 'completed';
		if (!stays || this.#store.keys.hasLine(job.topic, unique.key)) this.giveUpKey(job);
	}

	#find(topic: TopicEntry, id: number): StoredJob | undefined {
		for (const job of this.#known) if (job.id === id) return job;
		return readJob(this.#store, topic, id);
	}
}

function placeRow([job, { at, lane, pos, reason }]: [StoredJob, Place]): unknown[] {
	return [job.id, STATE[job.state], at, job.used.attempts, lane?.id ?? null, pos, reason];
}

function moreRow({ id, slot, used, startBy, retryUntil, told }: StoredJob): unknown[] {
	return [id, slot ? 1 : null, used.crashes, used.releases, startBy, retryUntil, told];
}
