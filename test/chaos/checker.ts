import type { Last } from './asking.ts';
import type { Event, History } from './history.ts';

/** What must not be, counted; and what may be, told. */
export interface Verdict {
	pushes: number;
	jobs: number;
	/** Answered with what the store keeps through every fault of its kind, and in it no more. */
	lost: string[];
	/** In the store or at a worker, and pushed by nobody. */
	unexpected: string[];
	/** Two jobs for one that was pushed. */
	doubled: number[];
	/** Two settles of one job that were both accepted. */
	doubleCompletions: string[];
	/** A settle that was accepted although a later delivery had begun. */
	staleAcceptances: string[];
	/** A delivery that began before the lease of the one before it was over. */
	overlapping: string[];
	/** Neither completed nor dead in the end. */
	stuck: string[];
	/** Deliveries beyond the first of each job. */
	redeliveries: number;
	byFault: Record<string, { times: number; redeliveries: number; recoveryMs: number[] }>;
}

/** Two processes read one clock a little apart, and the store rounds to ms. */
const SLACK_MS = 20;

/**
 * A checker of its own, after Jepsen's total-queue: it knows nothing of the queue but its promises.
 *
 * @param kept the durability that an answer must name for its jobs to be kept
 */
export function check(history: History, last: Last[], kept = 'fsynced'): Verdict {
	const pushed = history.of('push');
	const known = new Set(pushed.flatMap(({ ns }) => ns));
	const present = new Set(last.map(({ id }) => id));
	const taken = history.of('took');
	const safe = history.of('pushed').filter(({ durability }) => durability === kept);
	return {
		pushes: pushed.length,
		jobs: known.size,
		lost: safe.flatMap(({ ids }) => ids).filter((id) => !present.has(id)),
		unexpected: [...last, ...taken].filter(({ n }) => !known.has(n)).map(({ id }) => id),
		doubled: doubledIn([...last, ...taken]),
		...judgeDeliveries(history),
		stuck: last.filter(({ state }) => state !== 'completed' && state !== 'dead').map(({ id }) => id),
		redeliveries: redeliveriesIn(history.events).length,
		byFault: byFault(history),
	};
}

function doubledIn(jobs: { id: string; n: number }[]): number[] {
	const idOf = new Map<number, string>();
	const doubled = new Set<number>();
	for (const { id, n } of jobs) {
		if ((idOf.get(n) ?? id) !== id) doubled.add(n);
		idOf.set(n, id);
	}
	return [...doubled];
}

function judgeDeliveries(history: History) {
	const deliveries = groupById(history.of('took'));
	const accepted = groupById(history.of('settled').filter(({ status }) => status === 'ok'));
	const doubleCompletions: string[] = [];
	const staleAcceptances: string[] = [];
	for (const [id, settles] of accepted) {
		if (settles.length > 1) doubleCompletions.push(id);
		const lastToken = Math.max(...(deliveries.get(id) ?? []).map(({ token }) => token));
		if (settles.some(({ token }) => token < lastToken)) staleAcceptances.push(id);
	}
	const overlapping = [...deliveries].filter(([, list]) => overlaps(list)).map(([id]) => id);
	return { doubleCompletions, staleAcceptances, overlapping };
}

function overlaps(list: Extract<Event, { e: 'took' }>[]): boolean {
	const inOrder = list.toSorted((a, b) => a.token - b.token);
	return inOrder.some((one, i) => {
		const before = inOrder[i - 1];
		// The same delivery may come twice: a take is repeated when its answer was lost.
		return before !== undefined && before.token < one.token && one.at < before.until - SLACK_MS;
	});
}

function groupById<T extends { id: string }>(events: T[]): Map<string, T[]> {
	const groups = new Map<string, T[]>();
	for (const event of events) groups.set(event.id, [...(groups.get(event.id) ?? []), event]);
	return groups;
}

function redeliveriesIn(events: Event[]) {
	return events.filter((event) => event.e === 'took' && event.token > 1);
}

/** What came between the beginning of a fault and that of the next, and how long until a job completed after it was healed. */
function byFault({ events }: History): Verdict['byFault'] {
	const result: Verdict['byFault'] = {};
	for (let at = 0; at < events.length; at++) {
		const begin = events[at];
		if (begin?.e !== 'fault') continue;
		const next = events.findIndex(({ e }, i) => i > at && e === 'fault');
		const during = events.slice(at, next === -1 ? undefined : next);
		const healed = during.find(({ e }) => e === 'healed');
		const first =
			healed && during.find((event) => event.e === 'settled' && event.status === 'ok' && event.at >= healed.at);
		const entry = result[begin.fault] ?? { times: 0, redeliveries: 0, recoveryMs: [] };
		result[begin.fault] = entry;
		entry.times++;
		entry.redeliveries += redeliveriesIn(during).length;
		if (healed && first) entry.recoveryMs.push(first.at - healed.at);
	}
	return result;
}
