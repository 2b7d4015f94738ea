import { JOB_STATES, type JobState } from '../../../core/job.ts';
import { nextExpiry } from '../due.ts';
import { QUEUED_AT, STATE } from '../jobs.ts';
import { nextOpening } from '../openings.ts';
import type { Store } from '../store.ts';
import type { TopicEntry, Upkeep } from '../topic-entry.ts';
import { setNext } from '../upkeep.ts';
import type { Walk, Ward } from './findings.ts';

/** What is more than this is not counted anew: that would hold up everybody else. */
const MOST_COUNTED = 50_000;
const MOST_WEIGHED = 5_000;

const ONCE = { looked: 1, next: null };

/** How many jobs a topic has, counted up to a bound; undefined for more. */
function count(store: Store, topic: TopicEntry, where: string, most = MOST_COUNTED): number | undefined {
	const sql = `SELECT count(*) AS count FROM (SELECT 1 FROM jobs WHERE topic = ? ${where} LIMIT ?)`;
	const counted = store.sql.get<{ count: number }>(sql, [topic.id, most + 1])?.count ?? 0;
	return counted > most ? undefined : counted;
}

/** No index tells those that wait, so they are what is left. */
function countAll(store: Store, topic: TopicEntry): Partial<Record<JobState, number>> {
	const counts: Partial<Record<JobState, number>> = {};
	let left = count(store, topic, '');
	for (const state of JOB_STATES) {
		if (state === 'waiting') continue;
		const counted = count(store, topic, `AND state = ${STATE[state]}`);
		if (counted !== undefined) counts[state] = counted;
		left = left === undefined || counted === undefined ? undefined : left - counted;
	}
	return left === undefined ? counts : { ...counts, waiting: left };
}

/** Counts and sums of a topic are those of its jobs. */
export const walkCounts: Walk<Ward> = ({ store, topic, findings }) => {
	const counts = countAll(store, topic);
	for (const state of JOB_STATES) {
		const [told, counted] = [topic.counts[state], counts[state]];
		if (counted === undefined || told === counted) continue;
		const numbers = `${told} ${state} jobs by the count, and ${counted} when they are counted`;
		findings.report('count_differs', `count ${state}`, numbers, () => {
			topic.counts[state] = counted;
			store.topics.touch(topic);
		});
	}
	lookAtBytes({ store, topic, findings });
	return ONCE;
};

const BYTES = `SELECT coalesce(sum(bytes) FILTER (WHERE state < 3), 0) AS unfinished,
	coalesce(sum(bytes) FILTER (WHERE state > 2), 0) AS finished FROM jobs WHERE topic = ? AND number > ?`;

function lookAtBytes({ store, topic, findings }: Ward): void {
	const { countedFrom } = topic;
	if (countedFrom === null) return;
	if (count(store, topic, `AND number > ${countedFrom}`, MOST_WEIGHED) === undefined) return;
	const sums = store.sql.get<TopicEntry['bytes']>(BYTES, [topic.id, countedFrom]);
	if (sums === undefined) return;
	for (const kind of ['unfinished', 'finished'] as const) {
		if (topic.bytes[kind] === sums[kind]) continue;
		const numbers = `${topic.bytes[kind]} ${kind} bytes by the count, and ${sums[kind]} when they are added up`;
		findings.report('count_differs', `count ${kind}Bytes`, numbers, () => {
			topic.bytes[kind] = sums[kind];
			store.topics.touch(topic);
		});
	}
}

function firstAt(store: Store, topic: TopicEntry, state: JobState): number | null {
	const sql = `SELECT at FROM jobs WHERE topic = ? AND state = ${STATE[state]} AND at IS NOT NULL ORDER BY at LIMIT 1`;
	const at = store.sql.get<{ at: number }>(sql, [topic.id])?.at ?? null;
	return at === QUEUED_AT ? null : at;
}

/** When each kind of upkeep next has something to do. */
const EXACT: Partial<Record<Upkeep, (store: Store, topic: TopicEntry) => number | null>> = {
	open: nextOpening,
	expire: nextExpiry,
	promote: (store, topic) => firstAt(store, topic, 'delayed'),
	reclaim: (store, topic) => firstAt(store, topic, 'active'),
};

/** A topic is looked at in time: its bounds may be too early, never too late. */
export const walkDueTimes: Walk<Ward> = ({ store, topic, findings }) => {
	for (const [name, exact] of Object.entries(EXACT)) {
		const upkeep = name as Upkeep;
		const [bound, at] = [topic.next[upkeep], exact(store, topic)];
		if (at === null || (bound !== null && bound <= at)) continue;
		const why = 'the topic is looked at later than something in it is due, or never';
		findings.report('never_due', `sweep ${upkeep}`, why, () => setNext(store, topic, upkeep, at));
	}
	return ONCE;
};
