import type { NewJob } from '../../core/job.ts';
import { utf8Length } from '../../core/json.ts';
import type { PushBatch, PushResult } from '../engine.ts';
import { type Answer, Misread, records } from './answers.ts';
import type { Sized } from './parts.ts';

/** One of the caller's batches. */
export interface PushItem extends Sized {
	/** Where its result belongs. */
	index: number;
	batch: PushBatch;
	/** Its jobs as JSON. */
	texts: string[];
	/** How many jobs it has. */
	count: number;
}

/** A batch as it goes to the server: one of the caller's, or several without a key that are for one topic. */
interface WireBatch {
	topic: string;
	key: string;
	/** The key was made here, so that a repetition after a lost reply stores nothing twice. */
	ownKey: boolean;
	jobs: NewJob[];
	texts: string[];
	items: PushItem[];
}

/** The result of the caller's batch at `index`. */
export interface Placed {
	index: number;
	result: PushResult;
}

/** What stands around the jobs of a batch, its topic and its key aside. */
const AROUND_BYTES = 80;

export function pushItem(batch: PushBatch, index: number): PushItem {
	const { topic, jobs, idempotency } = batch;
	const texts = jobs.map(jobText);
	const around = AROUND_BYTES + topic.length + (idempotency?.key.length ?? 0);
	const bytes = texts.reduce((sum, text) => sum + utf8Length(text) + 1, around);
	return { index, batch, texts, bytes, count: jobs.length };
}

/**
 * One request for these batches, and how to read its answer. The order within a topic stays.
 *
 * A batch's fingerprint stays here: the server makes one of the text that it is sent, which is the same for the same batch.
 */
export function pushRequest(items: PushItem[]): { body: string; read: (answer: Answer) => Placed[] } {
	const wire = joined(items);
	return {
		body: `{"batches":[${wire.map(batchText).join(',')}]}`,
		read: (answer) => readPushed(wire, answer),
	};
}

/** Batches without a key join the one before them in their topic: one key for all of them costs the store less. */
function joined(items: PushItem[]): WireBatch[] {
	const wire: WireBatch[] = [];
	const latest = new Map<string, WireBatch>();
	for (const item of items) {
		const { topic, jobs, idempotency } = item.batch;
		const open = idempotency === undefined ? latest.get(topic) : undefined;
		if (open?.ownKey) {
			open.jobs.push(...jobs);
			open.texts.push(...item.texts);
			open.items.push(item);
			continue;
		}
		const key = idempotency?.key ?? crypto.randomUUID();
		const ownKey = idempotency === undefined;
		const batch = { topic, key, ownKey, jobs: [...jobs], texts: [...item.texts], items: [item] };
		wire.push(batch);
		latest.set(topic, batch);
	}
	return wire;
}

function batchText({ topic, key, texts }: WireBatch): string {
	return `{"topic":${JSON.stringify(topic)},"idempotencyKey":${JSON.stringify(key)},"jobs":[${texts.join(',')}]}`;
}

function jobText({ data, priority, group, maxAttempts, backoff, delayMs, runAt }: NewJob): string {
	const options = {
		...(priority === 0 ? {} : { priority }),
		...(group === null ? {} : { group }),
		// 0 leaves it to the server, which knows what the topic says.
		...(maxAttempts === 0 ? {} : { maxAttempts }),
		...(backoff === null ? {} : { backoff }),
		...(runAt === null ? (delayMs === 0 ? {} : { delayMs }) : { runAt }),
	};
	const said = JSON.stringify(options);
	return said === '{}' ? `{"data":${data}}` : `{"data":${data},${said.slice(1)}`;
}

function readPushed(sent: WireBatch[], answer: Answer): Placed[] {
	const found = records(answer, 'batches', sent.length);
	return sent.flatMap((batch, place): Placed[] => {
		const { status, jobs: list } = found[place] ?? {};
		const jobs = Array.isArray(list) ? (list as { id: string; state: string | null }[]) : [];
		if (!jobs.every((job) => typeof job?.id === 'string')) throw new Misread();
		// A key of our own that the server knows already was brought by a first try whose reply was lost.
		if (status === 'created' || (batch.ownKey && status === 'duplicate')) return createdParts(batch, jobs);
		const [item] = batch.items;
		if (item === undefined || batch.ownKey || (status !== 'duplicate' && status !== 'conflict')) throw new Misread();
		return [{ index: item.index, result: { status, ids: jobs.map(({ id }) => id) } }];
	});
}

function createdParts(batch: WireBatch, jobs: { id: string; state: string | null }[]): Placed[] {
	if (jobs.length !== batch.jobs.length) throw new Misread();
	const created = jobs.map(({ id, state }, n) => ({ id, state: stateAtPush(state, batch.jobs[n]) }));
	let from = 0;
	return batch.items.map(({ index, count }) => {
		const result: PushResult = { status: 'created', jobs: created.slice(from, from + count) };
		from += count;
		return { index, result };
	});
}

/** A repetition tells the state of now, which may be past the one that the push made. */
function stateAtPush(state: string | null, job: NewJob | undefined): 'waiting' | 'delayed' {
	if (state === 'waiting' || state === 'delayed') return state;
	return job !== undefined && (job.delayMs > 0 || job.runAt !== null) ? 'delayed' : 'waiting';
}
