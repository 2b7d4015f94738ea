import { patchSettings, type SettingsPatch, type TopicSettings } from '../../core/settings.ts';
import type { Topic, TopicPage, TopicQuery } from '../engine.ts';
import { recount } from './budgets.ts';
import { readCursor, writeCursor } from './cursors.ts';
import { isPaused, pause, pauseEnd } from './gates.ts';
import { openTopicAt, reopenAll } from './openings.ts';
import { nextPrune } from './prune.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topic-entry.ts';
import { setNext } from './upkeep.ts';

/** How many lane heads the age of the oldest waiting job is looked up among. */
const MAX_HEADS = 1_000;

const OLDEST_HEAD = `SELECT min((SELECT created_at FROM jobs WHERE lane = l.id AND state = 0 ORDER BY pos LIMIT 1)) AS at
	FROM (SELECT id FROM lanes WHERE topic = ? ORDER BY rank, name LIMIT ${MAX_HEADS}) AS l`;

export function getTopics(store: Store, names: string[]): (Topic | null)[] {
	return names.map((name) => {
		const topic = store.topics.find(name);
		return topic === undefined ? null : view(store, topic);
	});
}

/** A query whose cursor has been read. */
export interface TopicPlace {
	after: string;
	limit: number;
}

/** @throws INVALID for an unreadable cursor. */
export function readTopicQuery({ cursor, limit }: TopicQuery): TopicPlace {
	return { after: cursor === null ? '' : String(readCursor(cursor, ['string'])[0]), limit };
}

export function listTopics(store: Store, { after, limit }: TopicPlace): TopicPage {
	const sql = 'SELECT name FROM topics WHERE name > ? ORDER BY name LIMIT ?';
	const names = store.sql.all<{ name: string }>(sql, [after, limit + 1]).map(({ name }) => name);
	const page = names.slice(0, limit).flatMap((name) => store.topics.find(name) ?? []);
	const last = page.at(-1);
	const isLast = names.length <= limit || last === undefined;
	return { topics: page.map((topic) => view(store, topic)), nextCursor: isLast ? null : writeCursor([last.name]) };
}

export function putTopic(store: Store, name: string, patch: SettingsPatch): TopicSettings {
	const topic = store.topics.findOrMake(name);
	topic.settings = patchSettings(topic.settings, patch);
	store.topics.touch(topic);
	recount(topic);
	reopenAll(store, topic);
	// A new retention may let jobs go sooner, or later, than was planned.
	setNext(store, topic, 'prune', nextPrune(store, topic));
	return structuredClone(topic.settings);
}

export function pauseTopic(store: Store, name: string, paused: boolean, until: number | null): void {
	const topic = store.topics.findOrMake(name);
	pause(topic, paused, until);
	store.topics.touch(topic);
	openTopicAt(store, topic, topic.pausedUntil);
	if (topic.counts.waiting > 0) store.topics.hintWork(topic);
}

function view(store: Store, topic: TopicEntry): Topic {
	return {
		topic: topic.name,
		paused: isPaused(topic, store.now),
		pausedUntil: pauseEnd(topic, store.now),
		counts: { ...topic.counts },
		oldestWaitingMs: oldestWaitingMs(store, topic),
		settings: structuredClone(topic.settings),
	};
}

function oldestWaitingMs(store: Store, topic: TopicEntry): number | null {
	if (topic.counts.waiting === 0) return null;
	store.lanes.flush();
	const at = store.sql.get<{ at: number | null }>(OLDEST_HEAD, [topic.id])?.at ?? null;
	return at === null ? null : Math.max(0, store.now - at);
}
