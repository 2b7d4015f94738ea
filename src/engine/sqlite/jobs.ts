import { formatId, parseId } from '../../core/ids.ts';
import { type DeadReason, JOB_STATES, type Job, type JobState, type JobTerms } from '../../core/job.ts';
import { asRawJson, type RawJson } from '../../core/json.ts';
import type { Used } from '../../core/transitions.ts';
import { HISTORY_COLUMN, readHistory } from './history.ts';
import type { Store } from './store.ts';
import type { Deadlines } from './terms.ts';
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
export interface StoredJob extends Extras {
	id: number;
	topic: TopicEntry;
	number: number;
	state: JobState;
	token: number;
	used: Used;
	maxAttempts: number;
	priority: number;
	group: string | null;
	/** Uses one of its group's slots. */
	slot: boolean;
}

/** What plain jobs do not have. */
interface Extras extends Deadlines {
	terms: JobTerms;
	/** When a delayed job with terms is due. */
	dueAt: number | null;
	/** When the run under way has to end. */
	runUntil: number | null;
	/** How many entries its history has had. */
	told: number;
	/** Of the payload, where it may count. */
	bytes: number | null;
}

export interface CoreRow {
	id: number;
	number: number;
	state: number;
	token: number;
	used: number;
	max_attempts: number;
	priority: number;
	grp: string | null;
	/** JSON of an ExtraRow. */
	extras: string | null;
}

type ExtraRow = Omit<Extras, 'dueAt'> & { at: number | null; slot: number | null; crashes: number; releases: number };

const PLAIN: ExtraRow = {
	terms: Object.freeze({}),
	at: null,
	slot: null,
	startBy: null,
	retryUntil: null,
	runUntil: null,
	told: 0,
	bytes: null,
	crashes: 0,
	releases: 0,
};

/** To read a column costs more than all else that is done with a plain job, so what those do not have comes as one, or not at all. */
export const CORE_COLUMNS = `jobs.id, number, state, token, used, max_attempts, priority, grp,
	CASE WHEN terms IS NOT NULL OR told > 0 OR bytes IS NOT NULL OR crashes > 0 OR releases > 0 OR (slot = 1 AND state <> 2)
	THEN json_object('terms', json(coalesce(terms, '{}')), 'at', at, 'slot', slot, 'startBy', start_by, 'retryUntil', retry_until,
		'runUntil', run_until, 'told', told, 'bytes', bytes, 'crashes', crashes, 'releases', releases) END AS extras`;

export function toStoredJob(topic: TopicEntry, row: CoreRow): StoredJob {
	const state = stateOf(row.state);
	const extras: ExtraRow = row.extras === null ? PLAIN : JSON.parse(row.extras);
	return {
		id: row.id,
		topic,
		number: row.number,
		state,
		token: row.token,
		used: { attempts: row.used, crashes: extras.crashes, releases: extras.releases },
		maxAttempts: row.max_attempts,
		priority: row.priority,
		group: row.grp,
		slot: state === 'active' ? row.grp !== null : extras.slot === 1,
		terms: extras.terms,
		dueAt: state === 'delayed' ? extras.at : null,
		startBy: extras.startBy,
		retryUntil: extras.retryUntil,
		runUntil: extras.runUntil,
		told: extras.told,
		bytes: extras.bytes,
	};
}

export function attemptOf({ state, used }: Pick<StoredJob, 'state' | 'used'>): number {
	return used.attempts + (state === 'active' ? 1 : 0);
}

export function isFinished(state: JobState): boolean {
	return STATE[state] > STATE.active;
}

interface JobRow extends CoreRow {
	at: number | null;
	worker: string | null;
	created_at: number;
	backoff: string | null;
	reason: DeadReason | null;
	result: string | null;
	error: string | null;
	progress: string | null;
	history: string | null;
	data: string;
}

export const JOB_COLUMNS = `${CORE_COLUMNS}, at, worker, created_at, backoff, reason, result, error, progress, ${HISTORY_COLUMN}, data`;

export function toJob(topic: TopicEntry, row: JobRow): Job {
	const job = toStoredJob(topic, row);
	const { state } = job;
	const { at } = row;
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
		worker: row.worker,
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
