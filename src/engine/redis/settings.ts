import { MillraceError } from '../../core/errors.ts';
import { type Rate, windowOf } from '../../core/rate.ts';
import { patchSettings, type SettingsPatch, type TopicSettings } from '../../core/settings.ts';
import { getTopics } from './reads.ts';
import type { Scripts } from './scripts.ts';

/** How often two operators may collide before the later one is told. */
export const TRIES = 10;

/** What scripts read of a rate: how many starts, in how many ms, in slots of how many ms. */
export function encodeRate(rate: Rate | undefined): string {
	if (rate === undefined) return '';
	const { count, windowMs, slotMs } = windowOf(rate);
	return `${count},${windowMs},${slotMs}`;
}

/** What scripts read of a topic's settings, as fields of CONF; empty where nothing is set. */
function encodeTopic({ completed, dead, cancelled, ...settings }: TopicSettings): string[] {
	const kept = [completed, dead, cancelled];
	const fields: Record<string, string | number | undefined> = {
		keep: kept.some((one) => one !== undefined) ? kept.map((one) => one?.count ?? '-').join(' ') : '',
		keepMs: kept.some((one) => one !== undefined) ? kept.map((one) => one?.ageMs ?? '-').join(' ') : '',
		limit: settings.concurrency,
		rate: encodeRate(settings.rate),
		groupLimit: settings.groups?.concurrency,
		groupRate: encodeRate(settings.groups?.rate),
		waitingBytes: settings.waitingBytes,
		finishedBytes: settings.finishedBytes,
	};
	return Object.entries(fields).flatMap(([name, value]) => [name, String(value ?? '')]);
}

export function keepsChanging(what: string): MillraceError {
	return new MillraceError('UNAVAILABLE', `The settings of ${what} keep changing; nothing was done, try again.`);
}

/** Read, patch, store if unchanged: the patch is policy and stays out of Lua. */
export async function putTopic(scripts: Scripts, topic: string, patch: SettingsPatch): Promise<TopicSettings> {
	for (let i = 0; i < TRIES; i++) {
		const [current] = await getTopics(scripts, [topic]);
		const before = current?.settings ?? {};
		const after = patchSettings(before, patch);
		if (await storeTopic(scripts, topic, before, after)) return after;
	}
	throw keepsChanging(topic);
}

/** Held lanes go back some at a time; more calls than this would be needed for half a million of them. */
const ROUNDS = 1_000;

async function storeTopic(scripts: Scripts, topic: string, before: TopicSettings, after: TopicSettings) {
	const hasBudget = after.waitingBytes !== undefined || after.finishedBytes !== undefined;
	const args = [JSON.stringify(after), hasBudget ? '1' : '0', ...encodeTopic(after)];
	let known = before;
	for (let round = 1; ; round++) {
		const stored = await scripts.call<number>('putTopic', topic, [scripts.now, JSON.stringify(known), ...args]);
		if (stored !== 2 || round === ROUNDS) return stored !== 0 || round > 1;
		known = after;
	}
}
