import { formatId } from '../../core/ids.ts';
import type { NewJob } from '../../core/job.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PushBatch, PushResult } from '../engine.ts';
import { encodeMeta } from './codec.ts';
import { scatter, type TopicGroup } from './grouping.ts';
import type { Scripts } from './scripts.ts';
import type { TopicNames } from './topic-names.ts';

/** A repetition of a call comes within its deadline; the margin covers a server that stood still. */
export const CALL_MEMORY_MS = 10_000;

type BatchReply = ['created', string] | ['duplicate' | 'conflict', string, string];

export async function push(scripts: Scripts, names: TopicNames, batches: PushBatch[]): Promise<PushResult[]> {
	await names.add(new Set(batches.map((batch) => batch.topic)));
	const nothing: PushResult = { status: 'created', jobs: [] };
	return scatter(batches.length, nothing, groupBatches(batches), (group) => pushGroup(scripts, group));
}

/** Batches of one topic that go into one script: no more jobs than a script may touch. */
function groupBatches(batches: PushBatch[]): TopicGroup<PushBatch>[] {
	const open = new Map<string, TopicGroup<PushBatch> & { jobs: number }>();
	const groups: TopicGroup<PushBatch>[] = [];
	for (const [place, batch] of batches.entries()) {
		let group = open.get(batch.topic);
		if (group === undefined || group.jobs + batch.jobs.length > LIMITS.batch) {
			group = { topic: batch.topic, items: [], places: [], jobs: 0 };
			open.set(batch.topic, group);
			groups.push(group);
		}
		group.items.push(batch);
		group.places.push(place);
		group.jobs += batch.jobs.length;
	}
	return groups;
}

async function pushGroup(scripts: Scripts, { topic, items }: TopicGroup<PushBatch>): Promise<PushResult[]> {
	const args = [
		scripts.now,
		scripts.callId(),
		String(CALL_MEMORY_MS),
		String(LIMITS.idempotencyTtlMs),
		String(items.length),
	];
	for (const { jobs, idempotency } of items) {
		args.push(idempotency?.key ?? '', idempotency?.fingerprint ?? '', String(jobs.length));
		for (const job of jobs) args.push(encodeMeta(job), job.data);
	}
	const [now, ...replies] = await scripts.call<[string, ...BatchReply[]]>('push', topic, args);
	return replies.map((reply, i) => decodeReply(topic, Number(now), reply, items[i]?.jobs ?? []));
}

function decodeReply(topic: string, now: number, reply: BatchReply, jobs: NewJob[]): PushResult {
	const first = Number(reply[1]);
	if (reply[0] === 'created') {
		return {
			status: 'created',
			jobs: jobs.map((job, i) => ({ id: formatId(topic, first + i), state: stateOf(job, now) })),
		};
	}
	const ids = Array.from({ length: Number(reply[2]) }, (_, i) => formatId(topic, first + i));
	return { status: reply[0], ids };
}

function stateOf(job: NewJob, now: number): 'waiting' | 'delayed' {
	return (job.runAt ?? now + job.delayMs) > now ? 'delayed' : 'waiting';
}
