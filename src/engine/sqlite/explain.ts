import type { Blocking, Explanation } from '../../core/explanation.ts';
import { formatId, parseId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import { fallDue } from './due.ts';
import { groupBlocks, holders, topicBlocks, topicRateBlock } from './flow.ts';
import { Heads } from './heads.ts';
import { findJobs, QUEUED_AT, type StoredJob } from './jobs.ts';
import { groupOf } from './lanes.ts';
import { Slots } from './slots.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topic-entry.ts';
import { Turns } from './turns.ts';

export function explainJobs(store: Store, ids: string[]): (Explanation | null)[] {
	for (const name of new Set(ids.map((id) => parseId(id)?.topic ?? ''))) {
		const topic = store.topics.find(name);
		if (topic !== undefined) fallDue(store, topic);
	}
	const jobs = findJobs(store, ids);
	const nextOf = new Map<TopicEntry, number | undefined>();
	return ids.map((id) => {
		const job = jobs.get(id);
		if (job === undefined) return null;
		const { topic, state } = job;
		if (!nextOf.has(topic)) nextOf.set(topic, nextJob(store, topic));
		const next = state === 'waiting' && nextOf.get(topic) === job.id;
		const reasons = next ? [] : reasonsOf(store, job).map((reason) => named(store, topic, reason));
		return { id, state, next, reasons, lastTakeAt: topic.lastTakeAt };
	});
}

/** The row of the job that a take gets next, found without holding any lane. */
function nextJob(store: Store, topic: TopicEntry): number | undefined {
	const [closed] = topicBlocks(topic, store.now, 0);
	if (closed !== undefined || topic.counts.waiting === 0) return undefined;
	const turns = new Turns(store, topic, 1);
	const heads = new Heads(store);
	const slots = new Slots(store, topic);
	for (let looked = 0; looked < LIMITS.lanesLookedAt; looked++) {
		const lane = turns.next();
		if (lane === undefined) return undefined;
		const group = groupOf(lane);
		const cost = () => heads.peek(lane).terms.cost ?? 1;
		const entry = group === null ? undefined : store.groups.find(topic, group);
		const [blocked] = entry === undefined ? [] : groupBlocks(topic, entry, store.now, slots, cost);
		if (blocked !== undefined) continue;
		return topicRateBlock(topic, store.now, cost) === undefined ? heads.peek(lane).id : undefined;
	}
	return undefined;
}

function reasonsOf(store: Store, job: StoredJob): Blocking[] {
	const { topic, state, terms } = job;
	const { now } = store;
	if (state === 'delayed') return [dueOrQueued(store, job)];
	if (state !== 'waiting') return [];
	const cost = () => terms.cost ?? 1;
	const entry = job.group === null ? undefined : store.groups.find(topic, job.group);
	const blocks = [
		...topicBlocks(topic, now, 0),
		...(entry === undefined ? [] : groupBlocks(topic, entry, now, new Slots(store, topic), cost)),
		...[topicRateBlock(topic, now, cost)].filter((block) => block !== undefined),
	];
	const behind = behindOf(store, job);
	return behind.jobs > 0 || blocks.length === 0 ? [...blocks, behind] : blocks;
}

const DUE = 'SELECT at FROM jobs WHERE id = ?';

function dueOrQueued(store: Store, { id, topic, terms, dueAt }: StoredJob): Blocking {
	if (dueAt !== QUEUED_AT) return { code: 'due', at: store.sql.get<{ at: number }>(DUE, [id])?.at ?? 0 };
	const key = terms.unique?.key ?? '';
	const hold = store.keys.find(topic, key, store.now);
	return { code: 'unique', key, holder: hold === undefined ? '' : formatId(topic.name, hold.holder) };
}

/** With a limit, who fills it. */
function named(store: Store, topic: TopicEntry, reason: Blocking): Blocking {
	if (reason.code !== 'topic_limit' && reason.code !== 'group_limit') return reason;
	return { ...reason, heldBy: holders(store, topic, reason).map((number) => formatId(topic.name, number)) };
}

/** The most jobs of its own lane that a job is told to stand behind: counting them takes time. */
const MAX_AHEAD = 100_000;

const BEFORE = `SELECT sum(size) AS jobs FROM
	(SELECT size FROM lanes WHERE topic = ? AND held = 0 AND rank < ? LIMIT ${LIMITS.lanesLookedAt}) AS l`;
const BESIDE = `SELECT count(*) AS lanes FROM
	(SELECT 1 FROM lanes WHERE topic = ? AND held = 0 AND rank = ? AND id <> ? LIMIT ${LIMITS.lanesLookedAt}) AS l`;
const AHEAD = `SELECT count(*) AS jobs FROM (SELECT 1 FROM jobs WHERE lane = ? AND state = 0
	AND pos < (SELECT pos FROM jobs WHERE id = ?) LIMIT ${MAX_AHEAD}) AS l`;

function behindOf(
	store: Store,
	{ id, topic, priority, group }: StoredJob,
): { code: 'behind'; jobs: number; groups: number } {
	const { sql, lanes } = store;
	lanes.flush();
	const lane = lanes.find(topic, priority, group);
	const before = sql.get<{ jobs: number | null }>(BEFORE, [topic.id, lane.rank])?.jobs ?? 0;
	const ahead = sql.get<{ jobs: number }>(AHEAD, [lane.id, id])?.jobs ?? 0;
	const groups = sql.get<{ lanes: number }>(BESIDE, [topic.id, lane.rank, lane.id])?.lanes ?? 0;
	return { code: 'behind', jobs: before + ahead, groups };
}
