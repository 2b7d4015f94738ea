import type { Job, JobState } from '../../core/job.ts';
import type { JobPage, JobQuery } from '../engine.ts';
import { type Place, type PlaceShape, readCursor, writeCursor } from './cursors.ts';
import type { SqlValue } from './driver.ts';
import { JOB_COLUMNS, STATE, toJob } from './jobs.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topic-entry.ts';

/** A query whose cursor has been read: the place to go on from. */
export type JobPlace = Omit<JobQuery, 'cursor'> & { after: Place | null };

type JobRow = Parameters<typeof toJob>[1];

/** @throws INVALID for an unreadable cursor. */
export function readJobQuery({ cursor, ...query }: JobQuery): JobPlace {
	const shape = query.state === 'waiting' ? WAITING_PLACE : TIME_PLACE;
	return { ...query, after: cursor === null ? null : readCursor(cursor, shape) };
}

export function listJobs(store: Store, place: JobPlace): JobPage {
	const topic = store.topics.find(place.topic);
	if (topic === undefined || topic.counts[place.state] === 0) return { jobs: [], nextCursor: null };
	return place.state === 'waiting' ? listWaiting(store, topic, place) : listByTime(store, topic, place);
}

const SELECT = `SELECT ${JOB_COLUMNS}, pos FROM jobs JOIN payloads ON payloads.job = jobs.id`;
const IN_LANE = 'WHERE lane = ? AND state = 0 AND pos > ? ORDER BY pos LIMIT ?';

/** Rank and name of a lane, and a position in it. */
const WAITING_PLACE: PlaceShape = ['number', 'string', 'number'];

function listWaiting(store: Store, topic: TopicEntry, { after, limit }: JobPlace): JobPage {
	const [rank, name, pos] = after ?? [Number.MIN_SAFE_INTEGER, '', 0];
	const from = { rank: Number(rank), name: String(name) };
	const jobs: Job[] = [];
	let last: Place = [];
	// Two more than the page can need: one may be the cursor's, at its end, and one shows that more follows.
	for (const lane of store.lanes.byName(topic, limit + 2, from)) {
		const isFirst = after !== null && lane.rank === from.rank && lane.name === from.name;
		const behind = isFirst ? Number(pos) : Number.MIN_SAFE_INTEGER;
		if (jobs.length === limit) return { jobs, nextCursor: writeCursor(last) };
		const rows = store.sql.all<JobRow & { pos: number }>(`${SELECT} ${IN_LANE}`, [
			lane.id,
			behind,
			limit - jobs.length,
		]);
		for (const row of rows) {
			jobs.push(toJob(topic, row));
			last = [lane.rank, lane.name, row.pos];
		}
		const isFull = jobs.length === limit;
		if (isFull && hasMore(store, IN_LANE, [lane.id, Number(last[2])])) return { jobs, nextCursor: writeCursor(last) };
	}
	return { jobs, nextCursor: null };
}

/** Looks without reading what it does not return: a payload may be large. */
function hasMore(store: Store, where: string, params: SqlValue[]): boolean {
	return store.sql.get(`SELECT 1 FROM jobs ${where}`, [...params, 1]) !== undefined;
}

/** The time that orders the list, and a job's number. */
const TIME_PLACE: PlaceShape = ['number', 'number'];

function byTime(state: JobState, from: boolean): string {
	const isAscending = state === 'delayed' || state === 'active';
	const order = isAscending ? 'ASC' : 'DESC';
	const after = from ? `AND (at, number) ${isAscending ? '>' : '<'} (?, ?)` : '';
	return `WHERE topic = ? AND state = ${STATE[state]} ${after} ORDER BY at ${order}, number ${order} LIMIT ?`;
}

function listByTime(store: Store, topic: TopicEntry, { state, after, limit }: JobPlace): JobPage {
	const params = [topic.id, ...(after ?? []), limit];
	const rows = store.sql.all<JobRow>(`${SELECT} ${byTime(state, after !== null)}`, params);
	const jobs = rows.map((row) => toJob(topic, row));
	const last = rows.at(-1);
	if (rows.length < limit || last === undefined) return { jobs, nextCursor: null };
	const place = [last.at ?? 0, last.number];
	const isLast = !hasMore(store, byTime(state, true), [topic.id, ...place]);
	return { jobs, nextCursor: isLast ? null : writeCursor(place) };
}
