import { formatId } from '../../core/ids.ts';
import type { TakenJob } from '../../core/job.ts';
import { asRawJson } from '../../core/json.ts';
import type { TakeRequest } from '../engine.ts';
import { getJobs } from './jobs.ts';
import type { Lane } from './lanes.ts';
import { recall, remember } from './memories.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topics.ts';

interface TakenRow {
	id: number;
	number: number;
	token: number;
	used: number;
	max_attempts: number;
	priority: number;
	grp: string | null;
	created_at: number;
	data: string;
}

const HEAD = `SELECT jobs.id, number, token, used, max_attempts, priority, grp, created_at, data
	FROM jobs JOIN payloads ON payloads.job = jobs.id WHERE lane = ? AND state = 0 ORDER BY pos LIMIT ?`;

const LEASE = 'UPDATE jobs SET state = 2, at = ?, token = token + 1 WHERE id IN (SELECT value FROM json_each(?))';

export function take(store: Store, request: TakeRequest): TakenJob[] {
	const topics = [...new Set(request.topics)].flatMap((name) => store.topics.find(name) ?? []);
	return repeated(store, topics, request) ?? takeNew(store, topics, request);
}

function takeNew(store: Store, topics: TopicEntry[], { max, leaseMs, requestId }: TakeRequest): TakenJob[] {
	const taken: TakenJob[] = [];
	for (const topic of topics) {
		const room = max - taken.length;
		if (room <= 0) break;
		if (topic.paused || topic.counts.waiting === 0) continue;
		const jobs = lease(store, topic, serveLanes(store, topic, room), store.now + leaseMs);
		if (requestId !== undefined) {
			const answer = JSON.stringify(jobs.map(({ id, token }) => [id, token]));
			remember(store, topic, 'take', requestId, { fingerprint: '', answer }, leaseMs);
		}
		for (const job of jobs) taken.push(job);
	}
	return taken;
}

/** The lanes whose turn it is, one entry for each job that they give. */
function serveLanes(store: Store, topic: TopicEntry, max: number): Lane[] {
	const served: Lane[] = [];
	// `max` lanes are enough even of a longer ring: each gives a job before one of them comes again.
	const lanes = store.lanes.inTurn(topic, max);
	const ranks = new Set(lanes.map(({ rank }) => rank));
	for (const rank of ranks) {
		const ring = lanes.filter((lane) => lane.rank === rank);
		for (const lane of ring) {
			if (served.length === max) return served;
			store.lanes.serve(topic, lane);
			served.push(lane);
			if (lane.size > 0) ring.push(lane);
		}
	}
	return served;
}

function lease(store: Store, topic: TopicEntry, served: Lane[], leaseExpiresAt: number): TakenJob[] {
	const heads = readHeads(store, served);
	const taken = served.map((lane) => {
		const row = heads.get(lane)?.next().value;
		if (row === undefined) throw new Error(`Lane ${lane.id} of ${topic.name} holds fewer jobs than it counts`);
		return row;
	});
	store.sql.run(LEASE, [leaseExpiresAt, JSON.stringify(taken.map(({ id }) => id))]);
	store.topics.count(topic, 'waiting', -taken.length);
	store.topics.count(topic, 'active', taken.length);
	store.topics.expect(topic, 'reclaim', leaseExpiresAt, store.now);
	return taken.map((row) => ({
		id: formatId(topic.name, row.number),
		topic: topic.name,
		token: row.token + 1,
		data: asRawJson(row.data),
		attempt: row.used + 1,
		maxAttempts: row.max_attempts,
		priority: row.priority,
		group: row.grp,
		createdAt: row.created_at,
		leaseExpiresAt,
	}));
}

/** Of each lane, as many jobs from its head as it is to give. */
function readHeads(store: Store, served: Lane[]): Map<Lane, Iterator<TakenRow, undefined>> {
	const counts = new Map<Lane, number>();
	for (const lane of served) counts.set(lane, (counts.get(lane) ?? 0) + 1);
	const heads = [...counts].map(([lane, count]) => [lane, store.sql.all<TakenRow>(HEAD, [lane.id, count])] as const);
	return new Map(heads.map(([lane, rows]) => [lane, rows.values()]));
}

/** What is still live of the take that this one repeats; undefined when it repeats none. */
function repeated(store: Store, topics: TopicEntry[], { requestId }: TakeRequest): TakenJob[] | undefined {
	if (requestId === undefined) return undefined;
	const memories = topics.flatMap((topic) => recall(store, topic, 'take', requestId) ?? []);
	if (memories.length === 0) return undefined;
	const given = memories.flatMap(({ answer }): [string, number][] => JSON.parse(answer));
	const jobs = getJobs(
		store,
		given.map(([id]) => id),
	);
	return jobs.flatMap((job, index): TakenJob[] => {
		if (job?.state !== 'active' || job.token !== given[index]?.[1]) return [];
		const { id, topic, token, data, attempt, maxAttempts, priority, group, createdAt } = job;
		const leaseExpiresAt = job.leaseExpiresAt ?? 0;
		return [{ id, topic, token, data, attempt, maxAttempts, priority, group, createdAt, leaseExpiresAt }];
	});
}
