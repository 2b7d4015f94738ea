import { formatId, parseId } from '../../core/ids.ts';
import type { JobState } from '../../core/job.ts';
import { FORGETTABLE, startsOf, TRANSITIONS } from '../../core/transitions.ts';
import type { ActionResult, CancelledBy } from '../engine.ts';
import { encodeTransition } from './codec.ts';
import { byTopic, scatter } from './grouping.ts';
import { KEEP } from './retention.ts';
import type { ScriptName, Scripts } from './scripts.ts';

/** Jobs that one script moves at most. A script that searches long in a lane does fewer, and is asked again for the rest. */
const IDS_PER_STEP = 50;

type ActionStatus = 'ok' | 'missing' | JobState | `held ${string}`;

async function act(scripts: Scripts, script: ScriptName, ids: string[], first: string[]): Promise<ActionResult[]> {
	const parsed = ids.map(parseId);
	const groups = byTopic(parsed, (id) => id?.topic, IDS_PER_STEP);
	const missing: ActionResult = { status: 'missing' };
	return scatter<(typeof parsed)[number], ActionResult>(ids.length, missing, groups, async ({ topic, items }) => {
		const statuses: ActionStatus[] = [];
		while (statuses.length < items.length) {
			const numbers = items.slice(statuses.length).map((id) => String(id?.number));
			const args = [scripts.now, scripts.callId(), scripts.callMemory, ...first, ...numbers];
			statuses.push(...(await scripts.call<ActionStatus[]>(script, topic, args)));
		}
		return statuses.map((status) => decodeStatus(topic, status));
	});
}

/** As `lib.readStates` reads them. */
function encodeStates(states: readonly JobState[]): string {
	return states.join(' ');
}

function decodeStatus(topic: string, status: ActionStatus): ActionResult {
	if (status === 'ok' || status === 'missing') return { status };
	const holder = /^held (\d+)$/.exec(status)?.[1];
	if (holder !== undefined) return { status: 'held', by: formatId(topic, Number(holder)) };
	return { status: 'refused', state: status as JobState };
}

export function retryJobs(scripts: Scripts, ids: string[], states?: readonly JobState[]): Promise<ActionResult[]> {
	const from = encodeStates(startsOf(TRANSITIONS.requeue.from, states));
	return act(scripts, 'retryJobs', ids, [from, encodeTransition(TRANSITIONS.requeue)]);
}

export function promoteJobs(scripts: Scripts, ids: string[]): Promise<ActionResult[]> {
	return act(scripts, 'promoteJobs', ids, [encodeTransition(TRANSITIONS.promote)]);
}

export function cancelJobs(
	scripts: Scripts,
	ids: string[],
	{ actor, reason }: CancelledBy,
	states?: readonly JobState[],
): Promise<ActionResult[]> {
	const from = encodeStates(startsOf(TRANSITIONS.cancel.from, states));
	const [by, why] = [actor, reason].map((text) => (text === null ? '' : JSON.stringify(text)));
	return act(scripts, 'cancelJobs', ids, [from, KEEP, encodeTransition(TRANSITIONS.cancel), by ?? '', why ?? '']);
}

export function deleteJobs(scripts: Scripts, ids: string[], states?: readonly JobState[]): Promise<ActionResult[]> {
	return act(scripts, 'deleteJobs', ids, [encodeStates(startsOf(FORGETTABLE, states))]);
}
