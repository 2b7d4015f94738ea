import { formatId } from '../../core/ids.ts';
import type { TakenJob } from '../../core/job.ts';
import { asRawJson } from '../../core/json.ts';
import type { TakeRequest } from '../engine.ts';
import { fallDue } from './due.ts';
import type { Head } from './heads.ts';
import { getJobs } from './jobs.ts';
import { recall, remember } from './memories.ts';
import { Serving } from './serving.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topic-entry.ts';

interface TakenRow {
	id: number;
	number: number;
	at: number;
	token: number;
	used: number;
	max_attempts: number;
	priority: number;
	grp: string | null;
	created_at: number;
	timeout: number | null;
	data: string;
}

/** A lease never reaches beyond the time that a job may run. */
const LEASE = `UPDATE jobs SET state = 2, at = min(?, coalesce(? + (terms ->> 'timeoutMs'), ?)), token = token + 1,
	slot = iif(grp IS NULL, NULL, 1), run_until = ? + (terms ->> 'timeoutMs'), worker = ?, unstarted = ?
	WHERE id IN (SELECT value FROM json_each(?))
	RETURNING id, number, at, token, used, max_attempts, priority, grp, created_at, terms ->> 'timeoutMs' AS timeout,
	(SELECT data FROM payloads WHERE job = jobs.id) AS data`;

export function take(store: Store, request: TakeRequest): TakenJob[] {
	const topics = [...new Set(request.topics)].flatMap((name) => store.topics.find(name) ?? []);
	return repeated(store, topics, request) ?? takeNew(store, topics, request);
}

function takeNew(store: Store, topics: TopicEntry[], request: TakeRequest): TakenJob[] {
	const taken: TakenJob[] = [];
	for (const topic of topics) {
		const room = request.max - taken.length;
		if (room <= 0) break;
		topic.lastTakeAt = store.now;
		if (!fallDue(store, topic) || topic.counts.waiting === 0) continue;
		const jobs = lease(store, topic, new Serving(store, topic, room).run(), request);
		const { requestId, leaseMs } = request;
		if (requestId !== undefined && jobs.length > 0) {
			const answer = JSON.stringify(jobs.map(({ id, token }) => [id, token]));
			remember(store, topic, 'take', requestId, { fingerprint: '', answer }, leaseMs);
		}
		for (const job of jobs) taken.push(job);
	}
	return taken;
}

function lease(store: Store, topic: TopicEntry, heads: Head[], { leaseMs, worker, marks }: TakeRequest): TakenJob[] {
	if (heads.length === 0) return [];
	const ids = JSON.stringify(heads.map(({ id }) => id));
	const { now } = store;
	const until = now + leaseMs;
	const params = [until, now, until, now, worker ?? null, marks ? 1 : null, ids];
	const rows = new Map(store.sql.change<TakenRow>(LEASE, params).map((row) => [row.id, row]));
	store.topics.count(topic, 'waiting', -rows.size);
	store.topics.count(topic, 'active', rows.size);
	// They come in any order.
	const jobs = heads.flatMap(({ id }) => {
		const row = rows.get(id);
		return row === undefined ? [] : [takenJob(topic, row)];
	});
	const first = jobs.reduce((least, { leaseExpiresAt }) => Math.min(least, leaseExpiresAt), Number.POSITIVE_INFINITY);
	store.topics.expect(topic, 'reclaim', first, store.now);
	return jobs;
}

function takenJob(topic: TopicEntry, row: TakenRow): TakenJob {
	const taken = {
		id: formatId(topic.name, row.number),
		topic: topic.name,
		token: row.token,
		data: asRawJson(row.data),
		attempt: row.used + 1,
		maxAttempts: row.max_attempts,
		priority: row.priority,
		group: row.grp,
		createdAt: row.created_at,
		leaseExpiresAt: row.at,
	};
	return row.timeout === null ? taken : { ...taken, timeoutMs: row.timeout };
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
		const { id, topic, token, data, attempt, maxAttempts, priority, group, createdAt, timeoutMs } = job;
		const leaseExpiresAt = job.leaseExpiresAt ?? 0;
		const taken = { id, topic, token, data, attempt, maxAttempts, priority, group, createdAt, leaseExpiresAt };
		return [timeoutMs === undefined ? taken : { ...taken, timeoutMs }];
	});
}
