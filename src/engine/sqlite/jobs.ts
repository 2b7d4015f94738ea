import { formatId, parseId } from '../../core/ids.ts';
import { type DeadReason, JOB_STATES, type Job, type JobState } from '../../core/job.ts';
import { asRawJson } from '../../core/json.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topics.ts';

/** How the jobs table writes a state. */
export const STATE = { waiting: 0, delayed: 1, active: 2, completed: 3, dead: 4 } as const satisfies Record<
	JobState,
	number
>;

export function stateOf(code: number): JobState {
	const state = JOB_STATES.find((name) => STATE[name] === code);
	if (state === undefined) throw new Error(`No state has the code ${code}`);
	return state;
}

/** What a transition needs to know of a job: everything but its texts. */
export interface StoredJob {
	id: number;
	topic: TopicEntry;
	number: number;
	state: JobState;
	token: number;
	used: number;
	maxAttempts: number;
	priority: number;
	group: string | null;
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
}

export const CORE_COLUMNS = 'jobs.id, number, state, token, used, max_attempts, priority, grp';

export function toStoredJob(topic: TopicEntry, row: CoreRow): StoredJob {
	const { id, number, token, used, priority } = row;
	const rest = { state: stateOf(row.state), maxAttempts: row.max_attempts, group: row.grp };
	return { id, topic, number, token, used, priority, ...rest };
}

interface JobRow extends CoreRow {
	at: number | null;
	created_at: number;
	backoff: string | null;
	reason: DeadReason | null;
	result: string | null;
	error: string | null;
	progress: string | null;
	data: string;
}

export const JOB_COLUMNS = `${CORE_COLUMNS}, at, created_at, backoff, reason, result, error, progress, data`;

export function toJob(topic: string, row: JobRow): Job {
	const state = stateOf(row.state);
	return {
		id: formatId(topic, row.number),
		topic,
		state,
		data: asRawJson(row.data),
		priority: row.priority,
		group: row.grp,
		attempt: row.used + (state === 'active' ? 1 : 0),
		maxAttempts: row.max_attempts,
		token: row.token,
		backoff: row.backoff === null ? null : JSON.parse(row.backoff),
		createdAt: row.created_at,
		runAt: state === 'delayed' ? row.at : null,
		leaseExpiresAt: state === 'active' ? row.at : null,
		finishedAt: state === 'completed' || state === 'dead' ? row.at : null,
		reason: row.reason,
		result: row.result === null ? null : asRawJson(row.result),
		error: row.error === null ? null : asRawJson(row.error),
		progress: row.progress === null ? null : asRawJson(row.progress),
	};
}

/** One lookup for many ids; CROSS JOIN keeps SQLite from going through the jobs instead. */
const FIND = (columns: string, more = '') => `SELECT k.key AS slot, ${columns} FROM json_each(?) AS k
	CROSS JOIN jobs ON jobs.topic = k.value ->> 0 AND jobs.number = k.value ->> 1 ${more}`;
const FIND_CORE = FIND(CORE_COLUMNS);
const FIND_ALL = FIND(JOB_COLUMNS, 'JOIN payloads ON payloads.job = jobs.id');

/** The jobs of these ids, as far as the store holds them. The same id twice gives one object. */
export function findJobs(store: Store, ids: string[]): Map<string, StoredJob> {
	const found = new Map<string, StoredJob>();
	select<CoreRow>(store, FIND_CORE, ids, (id, topic, row) => found.set(id, toStoredJob(topic, row)));
	return found;
}

export function getJobs(store: Store, ids: string[]): (Job | null)[] {
	const found = new Map<string, Job>();
	select<JobRow>(store, FIND_ALL, ids, (id, topic, row) => found.set(id, toJob(topic.name, row)));
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
	for (const row of store.sql.all<Row & { slot: number }>(sql, [keys])) {
		const place = asked[row.slot];
		if (place !== undefined) visit(place.id, place.topic, row);
	}
}
