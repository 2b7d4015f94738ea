import { formatId, parseId } from '../../core/ids.ts';
import { type DeadReason, JOB_STATES, type Job, type JobState, type JobTerms } from '../../core/job.ts';
import { asRawJson, type RawJson } from '../../core/json.ts';
import type { Used } from '../../core/transitions.ts';
import { HISTORY_COLUMN, readHistory } from './history.ts';
import type { Store } from './store.ts';
import { type Deadlines, readTerms } from './terms.ts';
import type { TopicEntry } from './topic-entry.ts';

/** How the jobs table writes a state. */
export const STATE = {
	waiting: 0,
	delayed: 1,
	active: 2,
	completed: 3,
	dead: 4,
	cancelled: 5,
} as const satisfies Record<JobState, number>;

export function stateOf(code: number): JobState {
	const state = JOB_STATES.find((name) => STATE[name] === code);
	if (state === undefined) throw new Error(`No state has the code ${code}`);
	return state;
}

/** The due time of a delayed job that waits for the holder of its key: behind all others. */
export const QUEUED_AT = Number.MAX_SAFE_INTEGER;

/** What a transition needs to know of a job: everything but its texts. */
export interface StoredJob extends Deadlines {
	id: number;
	topic: TopicEntry;
	number: number;
	state: JobState;
	/** When a delayed job is due, the lease of an active one ends, or a finished one finished. */
	at: number | null;
	token: number;
	used: Used;
	maxAttempts: number;
	priority: number;
	group: string | null;
	terms: JobTerms;
	/** Uses one of its group's slots. */
	slot: boolean;
	/** When the run under way has to end. */
	runUntil: number | null;
	/** Who has the job. */
	worker: string | null;
	/** The worker has not said yet that it starts. */
	unstarted: boolean;
	/** How many entries its history has had. */
	told: number;
	/** Of the payload, where it may count. */
	bytes: number | null;
}

export interface CoreRow {
	id: number;
	number: number;
	state: number;
	at: number | null;
	token: number;
	used: number;
	crashes: number;
	releases: number;
	max_attempts: number;
	priority: number;
	grp: string | null;
	terms: string | null;
	slot: number | null;
	start_by: number | null;
	retry_until: number | null;
	run_until: number | null;
	worker: string | null;
	unstarted: number | null;
	told: number;
	bytes: number | null;
}

export const CORE_COLUMNS = `jobs.id, number, state, at, token, used, crashes, releases, max_attempts, priority, grp, terms,
	slot, start_by, retry_until, run_until, worker, unstarted, told, bytes`;

export function toStoredJob(topic: TopicEntry, row: CoreRow): StoredJob {
	return {
		id: row.id,
		topic,
		number: row.number,
		state: stateOf(row.state),
		at: row.at,
		token: row.token,
		used: { attempts: row.used, crashes: row.crashes, releases: row.releases },
		maxAttempts: row.max_attempts,
		priority: row.priority,
		group: row.grp,
		terms: readTerms(row.terms),
		slot: row.slot === 1,
		startBy: row.start_by,
		retryUntil: row.retry_until,
		runUntil: row.run_until,
		worker: row.worker,
		unstarted: row.unstarted === 1,
		told: row.told,
		bytes: row.bytes,
	};
}

export function attemptOf({ state, used }: Pick<StoredJob, 'state' | 'used'>): number {
	return used.attempts + (state === 'active' ? 1 : 0);
}

export function isFinished(state: JobState): boolean {
	return STATE[state] > STATE.active;
}

interface JobRow extends CoreRow {
	created_at: number;
	backoff: string | null;
	reason: DeadReason | null;
	result: string | null;
	error: string | null;
	progress: string | null;
	history: string | null;
	data: string;
}

export const JOB_COLUMNS = `${CORE_COLUMNS}, created_at, backoff, reason, result, error, progress, ${HISTORY_COLUMN}, data`;

export function toJob(topic: TopicEntry, row: JobRow): Job {
	const job = toStoredJob(topic, row);
	const { state, at } = job;
	return {
		...job.terms,
		id: formatId(topic.name, job.number),
		topic: topic.name,
		state,
		data: asRawJson(row.data),
		priority: job.priority,
		group: job.group,
		attempt: attemptOf(job),
		maxAttempts: job.maxAttempts,
		token: job.token,
		backoff: row.backoff === null ? null : JSON.parse(row.backoff),
		createdAt: row.created_at,
		runAt: state === 'delayed' && at !== QUEUED_AT ? at : null,
		leaseExpiresAt: state === 'active' ? at : null,
		finishedAt: isFinished(state) ? at : null,
		reason: row.reason,
		crashes: job.used.crashes,
		releases: job.used.releases,
		worker: job.worker,
		history: readHistory(row.history),
		result: rawOrNull(row.result),
		error: rawOrNull(row.error),
		progress: rawOrNull(row.progress),
	};
}

function rawOrNull(text: string | null): RawJson | null {
	return text === null ? null : asRawJson(text);
}

/** One lookup for many ids; CROSS JOIN keeps SQLite from going through the jobs instead. */
const FIND = (columns: string, more = '') => `SELECT k.key AS slot_in_call, ${columns} FROM json_each(?) AS k
	CROSS JOIN jobs ON jobs.topic = k.value ->> 0 AND jobs.number = k.value ->> 1 ${more}`;
const FIND_CORE = FIND(CORE_COLUMNS);
const FIND_ALL = FIND(JOB_COLUMNS, 'JOIN payloads ON payloads.job = jobs.id');
const FIND_ROW = `SELECT ${CORE_COLUMNS} FROM jobs WHERE id = ?`;

/** The jobs of these ids, as far as the store holds them. The same id twice gives one object. */
export function findJobs(store: Store, ids: string[]): Map<string, StoredJob> {
	const found = new Map<string, StoredJob>();
	select<CoreRow>(store, FIND_CORE, ids, (id, topic, row) => found.set(id, toStoredJob(topic, row)));
	return found;
}

export function findJob(store: Store, topic: TopicEntry, number: number): StoredJob | undefined {
	const id = formatId(topic.name, number);
	return findJobs(store, [id]).get(id);
}

/** A job by its row. */
export function readJob(store: Store, topic: TopicEntry, id: number): StoredJob | undefined {
	const row = store.sql.get<CoreRow>(FIND_ROW, [id]);
	return row && toStoredJob(topic, row);
}

export function getJobs(store: Store, ids: string[]): (Job | null)[] {
	const found = new Map<string, Job>();
	select<JobRow>(store, FIND_ALL, ids, (id, topic, row) => found.set(id, toJob(topic, row)));
	return ids.map((id) => found.get(id) ?? null);
}

function select<Row>(
	store: Store,
	sql: string,
	ids: string[],
	visit: (id: string, topic: TopicEntry, row: Row) => void,
): void {
	const asked: { id: string; topic: TopicEntry; number: number }[] = [];
	for (const id of new Set(ids)) {
		const parts = parseId(id);
		const topic = parts && store.topics.find(parts.topic);
		if (parts !== undefined && topic !== undefined) asked.push({ id, topic, number: parts.number });
	}
	if (asked.length === 0) return;
	const keys = JSON.stringify(asked.map(({ topic, number }) => [topic.id, number]));
	for (const row of store.sql.all<Row & { slot_in_call: number }>(sql, [keys])) {
		const place = asked[row.slot_in_call];
		if (place !== undefined) visit(place.id, place.topic, row);
	}
}
