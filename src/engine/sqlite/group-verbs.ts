import { type GroupPatch, type GroupSettings, patchSettings } from '../../core/settings.ts';
import type { Group, GroupPage, GroupQuery } from '../engine.ts';
import { readCursor, writeCursor } from './cursors.ts';
import { isParked, isPaused, pause, pauseEnd } from './gates.ts';
import type { GroupEntry } from './groups.ts';
import { laneName } from './lanes.ts';
import { openGroupAt, reopen } from './openings.ts';
import { slotsInUse } from './slots.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topic-entry.ts';

export function putGroup(store: Store, name: string, group: string, patch: GroupPatch): GroupSettings {
	const topic = store.topics.findOrMake(name);
	const entry = store.groups.find(topic, group);
	entry.settings = patchSettings(entry.settings, patch);
	openGroupAt(store, topic, entry, null);
	reopen(store, topic, group);
	return structuredClone(entry.settings);
}

export function pauseGroup(store: Store, name: string, group: string, paused: boolean, until: number | null): void {
	const topic = store.topics.findOrMake(name);
	const entry = store.groups.find(topic, group);
	pause(entry, paused, until);
	// Also when it is paused anew: a pause with an end may follow one without.
	openGroupAt(store, topic, entry, entry.pausedUntil);
	reopen(store, topic, group);
}

export function getGroups(store: Store, name: string, groups: string[]): Group[] {
	const topic = store.topics.find(name);
	return groups.map((group) => {
		if (topic !== undefined) return view(store, topic, store.groups.find(topic, group));
		const gate = { paused: false, pausedUntil: null, parkedUntil: null };
		return { group, ...gate, waiting: 0, active: 0, settings: {} };
	});
}

/** A query whose cursor has been read. */
export type GroupPlace = Omit<GroupQuery, 'cursor'> & { after: string };

/** @throws INVALID for an unreadable cursor. */
export function readGroupQuery({ cursor, ...query }: GroupQuery): GroupPlace {
	return { ...query, after: cursor === null ? '' : String(readCursor(cursor, ['string'])[0]) };
}

export function listGroups(store: Store, { topic: name, after, limit }: GroupPlace): GroupPage {
	const topic = store.topics.find(name);
	if (topic === undefined) return { groups: [], nextCursor: null };
	const found = store.groups.listed(topic, after, store.now, limit + 1);
	const page = found.slice(0, limit);
	const last = found.length > limit ? page.at(-1) : undefined;
	const nextCursor = last === undefined ? null : writeCursor([last.name]);
	return { groups: page.map((group) => view(store, topic, group)), nextCursor };
}

const WAITING = 'SELECT sum(size) AS waiting FROM lanes WHERE topic = ? AND name = ?';

function view(store: Store, topic: TopicEntry, group: GroupEntry): Group {
	const { now, sql } = store;
	store.lanes.flush();
	return {
		group: group.name,
		paused: isPaused(group, now),
		pausedUntil: pauseEnd(group, now),
		parkedUntil: isParked(group, now) ? group.parkedUntil : null,
		waiting: sql.get<{ waiting: number | null }>(WAITING, [topic.id, laneName(group.name)])?.waiting ?? 0,
		active: slotsInUse(store, topic, group.name),
		settings: structuredClone(group.settings),
	};
}
