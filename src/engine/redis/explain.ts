import type { Blocking, Explanation } from '../../core/explanation.ts';
import { formatId, parseId } from '../../core/ids.ts';
import type { JobState } from '../../core/job.ts';
import { LIMITS } from '../../core/limits.ts';
import { fallDue } from './due.ts';
import { byTopic, scatter } from './grouping.ts';
import type { Scripts } from './scripts.ts';

/** Jobs that one script explains. */
const JOBS_PER_READ = 50;

/** As reasons.lua has them. */
type Reason = [code: Blocking['code'], number: string, name: string, ids: string[]];
type Facts = [state: JobState, next: number, reasons: Reason[]];

/** Lets fall due what is due, as a take does, and explains by how things stand then. */
export async function explainJobs(scripts: Scripts, ids: string[]): Promise<(Explanation | null)[]> {
	const parsed = ids.map(parseId);
	const groups = byTopic(parsed, (id) => id?.topic, JOBS_PER_READ);
	return scatter<(typeof parsed)[number], Explanation | null>(ids.length, null, groups, async ({ topic, items }) => {
		const numbers = items.map((id) => id?.number ?? 0);
		const at = await fallDue(scripts, topic);
		const args = [at, LIMITS.lanesLookedAt, LIMITS.namedHolders, ...numbers].map(String);
		const [lastTakeAt, ...found] = await scripts.call<[string, ...(Facts | null)[]]>('explain', topic, args);
		return found.map((facts, i) => {
			if (facts === null) return null;
			const [state, next, reasons] = facts;
			const said = { id: formatId(topic, numbers[i] ?? 0), state, next: next === 1 };
			return {
				...said,
				reasons: reasons.map((reason) => decodeReason(topic, reason)),
				lastTakeAt: instant(lastTakeAt),
			};
		});
	});
}

function instant(text: string): number | null {
	return text === '' ? null : Number(text);
}

function decodeReason(topic: string, [code, number, name, numbers]: Reason): Blocking {
	const ids = numbers.map((id) => formatId(topic, Number(id)));
	switch (code) {
		case 'topic_paused':
			return { code, until: instant(number) };
		case 'topic_parked':
			return { code, until: Number(number) };
		case 'topic_limit':
			return { code, limit: Number(number), heldBy: ids };
		case 'topic_rate':
			return { code, opensAt: Number(number) };
		case 'group_paused':
			return { code, group: name, until: instant(number) };
		case 'group_parked':
			return { code, group: name, until: Number(number) };
		case 'group_limit':
			return { code, group: name, limit: Number(number), heldBy: ids };
		case 'group_rate':
			return { code, group: name, opensAt: Number(number) };
		case 'due':
			return { code, at: Number(number) };
		case 'unique':
			return { code, key: name, holder: ids[0] ?? '' };
		case 'behind':
			return { code, jobs: Number(number), groups: Number(name) };
	}
}
