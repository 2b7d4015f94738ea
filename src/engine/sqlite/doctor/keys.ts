import { formatId } from '../../../core/ids.ts';
import { findJob, QUEUED_AT, readJob, type StoredJob } from '../jobs.ts';
import type { Follower, Hold } from '../keys.ts';
import { Moves } from '../moves.ts';
import type { Store } from '../store.ts';
import type { TopicEntry } from '../topic-entry.ts';
import { pageOf, type Walk, type Ward } from './findings.ts';

interface KeyRow extends Hold {
	key: string;
}

const KEYS = 'SELECT key, holder, until FROM unique_keys WHERE topic = ? AND key > ? ORDER BY key LIMIT ?';

/** Each unique key is held by a job that may hold it. */
export const walkKeys: Walk<Ward> = ({ store, topic, findings }, after, room) => {
	const rows = store.sql.all<KeyRow>(KEYS, [topic.id, after?.[1] ?? '', room]);
	for (const { key, holder, until } of rows) {
		const why = whyNotHolder(findJob(store, topic, holder), key, until);
		if (why !== null) findings.report('key_without_owner', `key ${key}`, why, () => passOn(store, topic, key));
	}
	return pageOf(rows, room, ({ key }) => [0, key]);
};

/** A window outlives its job, whatever became of it but dead or cancelled. */
function whyNotHolder(job: StoredJob | undefined, key: string, until: number | null): string | null {
	if (job === undefined) return until === null ? 'is gone' : null;
	const { state } = job;
	const { unique } = job.terms;
	if (unique?.key !== key) return 'has not this key';
	if (state === 'waiting' || state === 'delayed') return null;
	const may =
		typeof unique.scope === 'object'
			? state !== 'dead' && state !== 'cancelled'
			: state === 'active' && unique.scope !== 'waiting';
	return may ? null : `is ${state}`;
}

const FIRST = 'SELECT job, due FROM followers WHERE topic = ? AND key = ? ORDER BY id LIMIT 1';
const LEAVE = 'DELETE FROM followers WHERE job = ?';

/** The first in line that can take the key has it. */
function passOn(store: Store, topic: TopicEntry, key: string): void {
	store.keys.free(topic, key);
	while (true) {
		const next = store.sql.get<Follower>(FIRST, [topic.id, key]);
		if (next === undefined) return;
		store.sql.run(LEAVE, [next.job]);
		const follower = readJob(store, topic, next.job);
		if (follower?.state === 'delayed' && holdAndGo(store, follower, next.due)) return;
	}
}

/** A job that waited for its key holds it now, and is due. */
function holdAndGo(store: Store, job: StoredJob, due: number): boolean {
	const { topic, number, terms } = job;
	if (terms.unique === undefined) return false;
	store.keys.hold(topic, terms.unique, number, store.now);
	delay(store, job, due);
	return true;
}

/** Let the next sweep find out that it waits: a bound that is too early does no harm. */
function delay(store: Store, job: StoredJob, due: number): void {
	const moves = new Moves(store, [job]);
	moves.delayUntil(job, Math.max(store.now, due));
	moves.write();
}

interface FollowerRow {
	id: number;
	key: string;
	job: number;
	number: number | null;
	queued: number;
}

const FOLLOWERS = `SELECT followers.id, key, job, number, (state = 1 AND at = ${QUEUED_AT}) IS TRUE AS queued
	FROM followers LEFT JOIN jobs ON jobs.id = followers.job AND jobs.topic = followers.topic
	WHERE followers.topic = ? AND followers.id > ? ORDER BY followers.id LIMIT ?`;

/** Whoever stands in the line of a key waits for nothing else. */
export const walkFollowers: Walk<Ward> = ({ store, topic, findings }, after, room) => {
	const rows = store.sql.all<FollowerRow>(FOLLOWERS, [topic.id, after?.[0] ?? 0, room]);
	for (const { key, job, number, queued } of rows) {
		if (queued === 1) continue;
		const target = number === null ? `key ${key}` : formatId(topic.name, number);
		findings.report('stray_field', target, 'a place in the line of a key', () => void store.sql.run(LEAVE, [job]));
	}
	return pageOf(rows, room, ({ id }) => [id, '']);
};

const FOLLOWER = 'SELECT job, due FROM followers WHERE topic = ? AND key = ? AND job = ?';

/** One that waits for the holder of its key must stand in line for one that is held. */
export function lookAtQueued({ store, topic, findings }: Ward, job: StoredJob): void {
	const { unique } = job.terms;
	const target = formatId(topic.name, job.number);
	if (unique === undefined) {
		findings.report('never_due', target, 'it has no time', () => delay(store, job, store.now));
		return;
	}
	const hold = store.keys.find(topic, unique.key, Number.MIN_SAFE_INTEGER);
	const place = store.sql.get<Follower>(FOLLOWER, [topic.id, unique.key, job.id]);
	if (hold !== undefined && place !== undefined) return;
	const why =
		hold === undefined ? 'nobody holds the key that it waits for' : 'it does not stand in the line of its key';
	findings.report('never_due', target, why, () => {
		if (hold !== undefined) store.keys.join(topic, unique.key, { job: job.id, due: store.now });
		else {
			store.sql.run(LEAVE, [job.id]);
			holdAndGo(store, job, store.now);
		}
	});
}
