import type { JobState, TakenJob } from '../../core/job.ts';
import { LIMITS } from '../../core/limits.ts';
import { DEFAULT_RETENTION } from '../../core/settings.ts';
import { transitionOf } from '../../core/transitions.ts';
import type { ExtendResult, Lease, Outcome, SettleResult, TakeRequest } from '../engine.ts';
import { decodeTaken, encodeTransition, type TakeReply } from './codec.ts';
import { byTopic, scatter, type TopicGroup, withId } from './grouping.ts';
import { CALL_MEMORY_MS } from './push.ts';
import type { Scripts } from './scripts.ts';

const KEEP = [String(DEFAULT_RETENTION.completed.count), String(DEFAULT_RETENTION.dead.count)];
const MISSING = { status: 'missing' } as const;

type Settling = ReturnType<typeof withId<Outcome>>;
type Status = JobState | 'stale' | 'missing';

function settleGroups(outcomes: Outcome[]): TopicGroup<Settling>[] {
	return byTopic(outcomes.map(withId), (settling) => settling.id?.topic, LIMITS.batch);
}

export async function settle(scripts: Scripts, outcomes: Outcome[]): Promise<SettleResult[]> {
	return scatter<Settling, SettleResult>(outcomes.length, MISSING, settleGroups(outcomes), async ({ topic, items }) => {
		const args = [scripts.now, scripts.callId(), String(CALL_MEMORY_MS), ...KEEP, ...encodeOutcomes(items)];
		const [now, statuses] = await scripts.call<[string, Status[]]>('settle', topic, args);
		return statuses.map((status) => decodeStatus(status, Number(now)));
	});
}

/** The transitions that occur, then per outcome: number, token, which transition and delay, body. */
function encodeOutcomes(settling: Settling[]): string[] {
	const transitions: string[] = [];
	const args: string[] = [];
	for (const { item, id } of settling) {
		const { outcome, token, delayMs = 0, reason } = item;
		const transition = encodeTransition(transitionOf(outcome, reason));
		if (!transitions.includes(transition)) transitions.push(transition);
		const index = transitions.indexOf(transition) + 1;
		const body = (outcome === 'complete' ? item.result : item.error) ?? '';
		args.push(String(id?.number), String(token), delayMs > 0 ? `${index} ${delayMs}` : String(index), body);
	}
	return [String(transitions.length), ...transitions, String(settling.length), ...args];
}

function decodeStatus(status: Status, at: number): SettleResult {
	return status === 'stale' || status === 'missing' ? { status } : { status: 'ok', state: status, at };
}

/** The two arguments by which a take is recognised when it comes again. */
function memory(scripts: Scripts, request: TakeRequest): string[] {
	if (request.requestId === undefined) return [scripts.callId(), String(CALL_MEMORY_MS)];
	return [request.requestId, String(request.leaseMs)];
}

interface Taken {
	jobs: TakenJob[];
	/** The topic knows the request: these are its deliveries, perhaps all ended by now. */
	remembered: boolean;
}

async function takeFrom(scripts: Scripts, topic: string, request: TakeRequest, max: number): Promise<Taken> {
	const args = [scripts.now, ...memory(scripts, request), String(request.leaseMs), String(max)];
	const reply = await scripts.call<TakeReply>('take', topic, args);
	return { jobs: decodeTaken(topic, reply), remembered: reply[5] === 1 };
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
	const args = [scripts.now, scripts.callId(), String(CALL_MEMORY_MS), ...KEEP];
	args.push(...memory(scripts, request), String(request.leaseMs), String(request.max), ...encodeOutcomes(group.items));
	const [now, statuses, taken] = await scripts.call<[string, Status[], TakeReply]>('settleAndTake', topic, args);
	return { settled: statuses.map((status) => decodeStatus(status, Number(now))), jobs: decodeTaken(topic, taken) };
}

type LeaseStatus = 'ok' | 'stale' | 'missing';

export async function extend(scripts: Scripts, leases: Lease[], leaseMs: number): Promise<ExtendResult[]> {
	const groups = byTopic(leases.map(withId), (lease) => lease.id?.topic, LIMITS.batch);
	return scatter<ReturnType<typeof withId<Lease>>, ExtendResult>(
		leases.length,
		MISSING,
		groups,
		async ({ topic, items }) => {
			const pairs = items.flatMap(({ item, id }) => [String(id?.number), String(item.token), item.progress ?? '']);
			const [end, statuses] = await scripts.call<[string, LeaseStatus[]]>('extend', topic, [
				scripts.now,
				String(leaseMs),
				...pairs,
			]);
			return statuses.map((status) => (status === 'ok' ? { status, leaseExpiresAt: Number(end) } : { status }));
		},
	);
}
