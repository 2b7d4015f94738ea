import { MillraceError } from '../../core/errors.ts';
import { parseId } from '../../core/ids.ts';
import type { JobState } from '../../core/job.ts';
import { patchSettings, type SettingsPatch, type TopicSettings } from '../../core/settings.ts';
import { TRANSITIONS } from '../../core/transitions.ts';
import type { ActionResult } from '../engine.ts';
import { encodeTransition } from './codec.ts';
import { byTopic, scatter } from './grouping.ts';
import { getTopics } from './reads.ts';
import type { ScriptName, Scripts } from './scripts.ts';

/** Deleting a waiting job searches its lane, so a script does only some. */
const IDS_PER_STEP = 100;

type ActionStatus = 'ok' | 'missing' | JobState;

async function act(scripts: Scripts, script: ScriptName, ids: string[], first: string[]): Promise<ActionResult[]> {
	const parsed = ids.map(parseId);
	const groups = byTopic(parsed, (id) => id?.topic, IDS_PER_STEP);
	const missing: ActionResult = { status: 'missing' };
	return scatter<(typeof parsed)[number], ActionResult>(ids.length, missing, groups, async ({ topic, items }) => {
		const numbers = items.map((id) => String(id?.number));
		const statuses = await scripts.call<ActionStatus[]>(script, topic, [...first, ...numbers]);
		return statuses.map((status) =>
			status === 'ok' || status === 'missing' ? { status } : { status: 'refused', state: status },
		);
	});
}

export function retryJobs(scripts: Scripts, ids: string[]): Promise<ActionResult[]> {
	return act(scripts, 'retryJobs', ids, [encodeTransition(TRANSITIONS.requeue)]);
}

export function deleteJobs(scripts: Scripts, ids: string[]): Promise<ActionResult[]> {
	return act(scripts, 'deleteJobs', ids, []);
}

/** How often two operators may collide on one topic before the later one is told. */
const TRIES = 10;

/** Read, patch, store if unchanged: the patch is policy and stays out of Lua. */
export async function putTopic(scripts: Scripts, topic: string, patch: SettingsPatch): Promise<TopicSettings> {
	for (let i = 0; i < TRIES; i++) {
		const [current] = await getTopics(scripts, [topic]);
		const before = current?.settings ?? {};
		const after = patchSettings(before, patch);
		const retention = [after.completed?.count, after.completed?.ageMs, after.dead?.count, after.dead?.ageMs];
		const args = [JSON.stringify(before), JSON.stringify(after), ...retention.map((value) => String(value ?? ''))];
		if ((await scripts.call<number>('putTopic', topic, args)) === 1) return after;
	}
	throw new MillraceError('UNAVAILABLE', `The settings of ${topic} keep changing; nothing was done, try again.`);
}
