import { formatId } from '../../core/ids.ts';
import type { TakenJob } from '../../core/job.ts';
import { asRawJson } from '../../core/json.ts';
import type { TakeRequest } from '../engine.ts';
import { fallDue } from './due.ts';
import type { Head } from './heads.ts';
import { getJobs } from './jobs.ts';
import { groupOf, priorityOf } from './lanes.ts';
import { recall, remember } from './memories.ts';
import { Serving } from './serving.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topic-entry.ts';

const LEASE = `UPDATE jobs SET state = 2, at = ?, token = token + 1, slot = iif(grp IS NULL, NULL, 1), worker = ?, unstarted = ?
	WHERE id IN (SELECT value FROM json_each(?))`;

/** A lease never reaches beyond the time that its job may run. */
const SHORTEN = `UPDATE jobs SET at = min(at, v.value ->> 1), run_until = v.value ->> 1
	FROM json_each(?) AS v WHERE jobs.id = v.value ->> 0`;

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
		if (!fallDue(store, topic)) continue;
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
	store.sql.run(LEASE, [store.now + leaseMs, worker ?? null, marks ? 1 : null, ids]);
	store.topics.count(topic, 'waiting', -heads.length);
	store.topics.count(topic, 'active', heads.length);
	const timed = heads.filter(({ terms }) => terms.timeoutMs !== undefined);
	const ends = timed.map(({ id, terms }) => [id, store.now + (terms.timeoutMs ?? 0)]);
	if (ends.length > 0) store.sql.run(SHORTEN, [JSON.stringify(ends)]);
	return heads.map((head) => {
		const leaseExpiresAt = store.now + Math.min(leaseMs, head.terms.timeoutMs ?? leaseMs);
		store.topics.expect(topic, 'reclaim', leaseExpiresAt, store.now);
		return takenJob(topic, head, leaseExpiresAt);
	});
}

function takenJob(topic: TopicEntry, head: Head, leaseExpiresAt: number): TakenJob {
	const { lane, terms } = head;
	const taken = {
		id: formatId(topic.name, head.number),
		topic: topic.name,
		token: head.token + 1,
		data: asRawJson(head.data),
		attempt: head.used + 1,
		maxAttempts: head.maxAttempts,
		priority: priorityOf(lane),
		group: groupOf(lane),
		createdAt: head.createdAt,
		leaseExpiresAt,
	};
	return terms.timeoutMs === undefined ? taken : { ...taken, timeoutMs: terms.timeoutMs };
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
