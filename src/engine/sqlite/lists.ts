import type { Job, JobState } from '../../core/job.ts';
import type { JobPage, JobQuery } from '../engine.ts';
import { readNumbers, writeCursor } from './cursors.ts';
import { JOB_COLUMNS, STATE, toJob } from './jobs.ts';
import type { Lane } from './lanes.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topics.ts';

/** A query whose cursor has been read: the numbers of the place to go on from. */
export interface JobPlace extends Omit<JobQuery, 'cursor'> {
	from: number[] | null;
}

type JobRow = Parameters<typeof toJob>[1];

/** How many lanes a cursor remembers: it travels in a URL. */
const MAX_SEEN = 100;

const MAX_PLACE = 2 + 2 * MAX_SEEN;

/** @throws INVALID for an unreadable cursor. */
export function readJobQuery({ cursor, ...query }: JobQuery): JobPlace {
	return { ...query, from: cursor === null ? null : readNumbers(cursor, query.state === 'waiting' ? MAX_PLACE : 2) };
}

export function listJobs(store: Store, place: JobPlace): JobPage {
	const topic = store.topics.find(place.topic);
	if (topic === undefined || topic.counts[place.state] === 0) return { jobs: [], nextCursor: null };
	return place.state === 'waiting' ? listWaiting(store, topic, place) : listByTime(store, topic, place);
}

const SELECT = `SELECT ${JOB_COLUMNS}, pos FROM jobs JOIN payloads ON payloads.job = jobs.id`;
const IN_LANE = `${SELECT} WHERE lane = ? AND state = 0 AND pos > ? ORDER BY pos LIMIT ?`;

/**
 * The cursor holds the rank and turn of the last lane shown, and how far each lane was shown: a lane that is served
 * while somebody pages goes to the end of its ring, and would be listed from its head again, page after page.
 */
function listWaiting(store: Store, topic: TopicEntry, { from, limit }: JobPlace): JobPage {
	const [rank = Number.MIN_SAFE_INTEGER, turn = 0, ...pairs] = from ?? [];
	const seen = readSeen(pairs);
	const lanes = store.lanes.inOrder(topic, limit + 1 + seen.size, { rank, turn });
	const jobs: Job[] = [];
	let last: Lane | undefined;
	for (const lane of lanes) {
		const after = seen.get(lane.id) ?? Number.MIN_SAFE_INTEGER;
		const rows = store.sql.all<JobRow & { pos: number }>(IN_LANE, [lane.id, after, limit - jobs.length + 1]);
		for (const row of rows) {
			if (jobs.length === limit) return { jobs, nextCursor: waitingCursor(last ?? lane, seen) };
			jobs.push(toJob(topic.name, row));
			last = lane;
			// Anew at the end: the lanes seen longest ago are the first to be forgotten.
			seen.delete(lane.id);
			seen.set(lane.id, row.pos);
		}
	}
	return { jobs, nextCursor: null };
}

function readSeen(pairs: number[]): Map<number, number> {
	const seen = new Map<number, number>();
	for (let i = 0; i + 1 < pairs.length; i += 2) seen.set(pairs[i] ?? 0, pairs[i + 1] ?? 0);
	return seen;
}

function waitingCursor({ rank, turn }: Lane, seen: Map<number, number>): string {
	return writeCursor([rank, turn, ...[...seen].slice(-MAX_SEEN).flat()]);
}

function byTime(state: JobState, order: 'ASC' | 'DESC', from: boolean): string {
	const after = from ? `AND (at, number) ${order === 'ASC' ? '>' : '<'} (?, ?)` : '';
	return `${SELECT} WHERE topic = ? AND state = ${STATE[state]} ${after} ORDER BY at ${order}, number ${order} LIMIT ?`;
}

function listByTime(store: Store, topic: TopicEntry, { state, from, limit }: JobPlace): JobPage {
	const order = state === 'delayed' || state === 'active' ? 'ASC' : 'DESC';
	const params = [topic.id, ...(from ?? []), limit + 1];
	const rows = store.sql.all<JobRow>(byTime(state, order, from !== null), params);
	const page = rows.slice(0, limit);
	const last = page.at(-1);
	const isLast = rows.length <= limit || last === undefined;
	return {
		jobs: page.map((row) => toJob(topic.name, row)),
		nextCursor: isLast ? null : writeCursor([last.at ?? 0, last.number]),
	};
}
