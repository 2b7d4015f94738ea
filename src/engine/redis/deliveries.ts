import type { HistoryEntry, JobState, TakenJob } from '../../core/job.ts';
import { LIMITS } from '../../core/limits.ts';
import { type OutcomeName, transitionOf } from '../../core/transitions.ts';
import type { ExtendResult, Lease, Outcome, SettleResult, TakeRequest } from '../engine.ts';
import { decodeTaken, encodeTransition, type TakeReply } from './codec.ts';
import { fallDue } from './due.ts';
import { byTopic, scatter, type TopicGroup, withId } from './grouping.ts';
import { KEEP } from './retention.ts';
import type { Scripts } from './scripts.ts';

const MISSING = { status: 'missing' } as const;

type Settling = ReturnType<typeof withId<Outcome>>;
type Refusal = 'stale' | 'cancelled' | 'missing';

/** A settle never cancels: that word is a refusal. */
type Status = Exclude<JobState, 'cancelled'> | Refusal;

function settleGroups(outcomes: Outcome[]): TopicGroup<Settling>[] {
	return byTopic(outcomes.map(withId), (settling) => settling.id?.topic, LIMITS.batch);
}

export async function settle(scripts: Scripts, outcomes: Outcome[]): Promise<SettleResult[]> {
	return scatter<Settling, SettleResult>(outcomes.length, MISSING, settleGroups(outcomes), async ({ topic, items }) => {
		const args = [scripts.now, scripts.callId(), scripts.callMemory, KEEP, ...encodeOutcomes(items)];
		const [now, statuses] = await scripts.call<[string, Status[]]>('settle', topic, args);
		return decodeStatuses(statuses, items.length, Number(now));
	});
}

const TELLS: Partial<Record<OutcomeName, HistoryEntry['kind']>> = { retry: 'failed', kill: 'killed' };

const ENDINGS = new Map<OutcomeName, string>();

/** Said once for each outcome: there are few, and every job has one. */
function encodeEnding(outcome: OutcomeName, reason: string | undefined): string {
	const known = reason === undefined ? ENDINGS.get(outcome) : undefined;
	if (known !== undefined) return known;
	const text = encodeTransition(transitionOf(outcome, reason), TELLS[outcome]);
	if (reason === undefined) ENDINGS.set(outcome, text);
	return text;
}

/** The transitions that occur, then the outcomes in parts: a run of first deliveries that end alike and have no body takes one argument each. */
function encodeOutcomes(settling: Settling[]): string[] {
	const transitions: string[] = [];
	const args: string[] = [];
	let run = { ending: '', at: 0, count: 0 };
	for (const { item, id } of settling) {
		const { outcome, token, delayMs = 0, reason, parkMs } = item;
		const transition = encodeEnding(outcome, reason);
		if (!transitions.includes(transition)) transitions.push(transition);
		const index = transitions.indexOf(transition) + 1;
		const park = parkMs === undefined ? '' : ` ${parkMs}`;
		const body = (outcome === 'complete' ? item.result : item.error) ?? '';
		const ending = `${index}${delayMs > 0 || park !== '' ? ` ${delayMs}${park}` : ''}`;
		if (token !== 1 || body !== '') {
			args.push(ending, '0', String(id?.number), String(token), body);
			run = { ending: '', at: 0, count: 0 };
			continue;
		}
		if (run.ending !== ending) {
			run = { ending, at: args.length + 1, count: 0 };
			args.push(ending, '');
		}
		args.push(String(id?.number));
		args[run.at] = String(++run.count);
	}
	return [String(transitions.length), ...transitions, ...args];
}

/** One status for all outcomes stands for each of them. */
function decodeStatuses(statuses: Status[], count: number, at: number): SettleResult[] {
	return Array.from({ length: count }, (_, i) => decodeStatus(statuses[i] ?? statuses[0] ?? 'missing', at));
}

function isRefusal(status: string): status is Refusal {
	return status === 'stale' || status === 'cancelled' || status === 'missing';
}

function decodeStatus(status: Status, at: number): SettleResult {
	return isRefusal(status) ? { status } : { status: 'ok', state: status, at };
}

/** How a take goes on in the scripts: what recognises it when it comes again, and what it asks for. */
function encodeTake(scripts: Scripts, request: TakeRequest, max: number): string[] {
	const { requestId, leaseMs, worker, marks } = request;
	const memory = requestId === undefined ? [scripts.callId(), scripts.callMemory] : [requestId, String(leaseMs)];
	const name = worker === undefined ? '' : JSON.stringify(worker);
	return [...memory, String(leaseMs), String(max), name, marks ? '1' : '0'];
}

interface Taken {
	jobs: TakenJob[];
	/** The topic knows the request: these are its deliveries, perhaps all ended by now. */
	remembered: boolean;
}

/** How often a take asks again that has not come to an end, since much had fallen due or was held. */
const ROUNDS = 100;

async function takeFrom(scripts: Scripts, topic: string, request: TakeRequest, max: number): Promise<Taken> {
	const args = encodeTake(scripts, request, max);
	for (let round = 1; ; round++) {
		const reply = await scripts.call<TakeReply>('take', topic, [scripts.now, ...args]);
		const goesOn = (reply[5] === 'due' || reply[5] === 'more') && round < ROUNDS;
		if (!goesOn) return { jobs: decodeTaken(topic, reply), remembered: reply[5] === 'recalled' };
		if (reply[5] === 'due') await fallDue(scripts, topic);
	}
}

/** Takes one topic after the other: asking all at once could lease more than was asked for. */
export async function take(scripts: Scripts, request: TakeRequest): Promise<TakenJob[]> {
	if (request.requestId !== undefined && request.topics.length > 1) {
		const recalled = await Promise.all(request.topics.map((topic) => takeFrom(scripts, topic, request, 0)));
		if (recalled.some(({ remembered }) => remembered)) return recalled.flatMap(({ jobs }) => jobs);
	}
	const jobs: TakenJob[] = [];
	for (const topic of request.topics) {
		if (jobs.length === request.max) break;
		try {
			jobs.push(...(await takeFrom(scripts, topic, request, request.max - jobs.length)).jobs);
		} catch (problem) {
			// What an earlier topic gave is leased: thrown away it would lie idle until its lease ends.
			if (jobs.length === 0) throw problem;
			break;
		}
	}
	return jobs;
}

/** One script where everything belongs to one topic, as with a busy worker; else a settle and a take. */
export async function settleAndTake(scripts: Scripts, outcomes: Outcome[], request: TakeRequest) {
	const [group, ...others] = settleGroups(outcomes);
	const [topic] = request.topics;
	const together = others.length === 0 && group?.topic === topic && group?.items.length === outcomes.length;
	if (group === undefined || topic === undefined || !together || request.topics.length > 1) {
		const settled = await settle(scripts, outcomes);
		return { settled, jobs: await take(scripts, request) };
	}
	const args = [scripts.now, scripts.callId(), scripts.callMemory, KEEP];
	args.push(...encodeTake(scripts, request, request.max), ...encodeOutcomes(group.items));
	const [now, statuses, taken] = await scripts.call<[string, Status[], TakeReply]>('settleAndTake', topic, args);
	const settled = decodeStatuses(statuses, group.items.length, Number(now));
	if (taken[5] !== 'due' && taken[5] !== 'more') return { settled, jobs: decodeTaken(topic, taken) };
	// Nothing was taken yet. What was settled stands, whatever becomes of the take.
	return { settled, jobs: await take(scripts, request).catch(() => []) };
}

export async function extend(scripts: Scripts, leases: Lease[], leaseMs: number): Promise<ExtendResult[]> {
	const groups = byTopic(leases.map(withId), (lease) => lease.id?.topic, LIMITS.batch);
	return scatter<ReturnType<typeof withId<Lease>>, ExtendResult>(
		leases.length,
		MISSING,
		groups,
		async ({ topic, items }) => {
			const args = items.flatMap(({ item, id }) => {
				return [String(id?.number), String(item.token), item.started ? '1' : '', item.progress ?? ''];
			});
			const answers = await scripts.call<string[]>('extend', topic, [scripts.now, String(leaseMs), ...args]);
			return answers.map((answer) =>
				isRefusal(answer) ? { status: answer } : { status: 'ok', leaseExpiresAt: Number(answer) },
			);
		},
	);
}
