import { stepOf } from '../../core/fairness.ts';
import { type GroupPatch, type GroupSettings, patchSettings } from '../../core/settings.ts';
import type { Group, GroupPage, GroupQuery } from '../engine.ts';
import { decodeName, encodeCursor } from './cursors.ts';
import type { Scripts } from './scripts.ts';
import { encodeRate, keepsChanging, TRIES } from './settings.ts';

/** Groups that one script looks at: each may have a lane for each priority. */
const GROUPS_PER_READ = 50;

type GroupReply = [text: string | null, paused: number, pausedUntil: string, parkedUntil: string, ...counts: number[]];

async function readGroups(scripts: Scripts, topic: string, groups: string[]): Promise<GroupReply[]> {
	const parts: Promise<GroupReply[]>[] = [];
	for (let from = 0; from < groups.length; from += GROUPS_PER_READ) {
		parts.push(scripts.call('groups', topic, [scripts.now, ...groups.slice(from, from + GROUPS_PER_READ)]));
	}
	return (await Promise.all(parts)).flat();
}

/** `step limit rate LF settings`; `-` where nothing is set. Empty for no settings at all. */
function encodeSettings(settings: GroupSettings): string {
	if (Object.keys(settings).length === 0) return '';
	const step = settings.weight === undefined ? '-' : stepOf(settings.weight);
	const rate = encodeRate(settings.rate) || '-';
	return `${step} ${settings.concurrency ?? '-'} ${rate}\n${JSON.stringify(settings)}`;
}

function decodeSettings(text: string | null): GroupSettings {
	return text === null ? {} : JSON.parse(text.slice(text.indexOf('\n') + 1));
}

export async function getGroups(scripts: Scripts, topic: string, groups: string[]): Promise<Group[]> {
	const replies = await readGroups(scripts, topic, groups);
	return replies.map(([text, paused, pausedUntil, parkedUntil, waiting = 0, active = 0], i) => ({
		group: groups[i] ?? '',
		paused: paused === 1,
		pausedUntil: pausedUntil === '' ? null : Number(pausedUntil),
		parkedUntil: parkedUntil === '' ? null : Number(parkedUntil),
		waiting,
		active,
		settings: decodeSettings(text),
	}));
}

export async function listGroups(scripts: Scripts, { topic, cursor, limit }: GroupQuery): Promise<GroupPage> {
	const args = [scripts.now, String(limit + 1), decodeName(cursor) ?? ''];
	const names = await scripts.call<string[]>('listGroups', topic, args);
	const page = names.slice(0, limit);
	const last = page.at(-1);
	const nextCursor = names.length > limit && last !== undefined ? encodeCursor([last]) : null;
	return { groups: await getGroups(scripts, topic, page), nextCursor };
}

/** Read, patch, store if unchanged: the patch is policy and stays out of Lua. */
export async function putGroup(scripts: Scripts, topic: string, group: string, patch: GroupPatch) {
	for (let i = 0; i < TRIES; i++) {
		const [before = null] = (await readGroups(scripts, topic, [group])).map(([text]) => text);
		const after = patchSettings(decodeSettings(before), patch);
		const stored = await scripts.call<number>('putGroup', topic, [group, before ?? '', encodeSettings(after)]);
		if (stored === 1) return after;
	}
	throw keepsChanging(`group ${group} of ${topic}`);
}

export async function pauseGroup(
	scripts: Scripts,
	topic: string,
	group: string,
	paused: boolean,
	until: number | null,
) {
	await scripts.call('pauseGroup', topic, [scripts.now, group, paused ? '1' : '0', String(until ?? '')]);
}
