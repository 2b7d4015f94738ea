import type { NewJob } from '../../core/job.ts';
import { utf8Length } from '../../core/json.ts';
import { termsOf } from '../../core/terms.ts';
import type { UniqueAnswer } from '../../core/unique.ts';
import type { AskedDurability, Durability, PushBatch, PushedJob, PushResult } from '../engine.ts';
import { type Answer, durabilityOf, Misread, records } from './answers.ts';
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
	durability: AskedDurability | undefined;
	jobs: NewJob[];
	texts: string[];
	items: PushItem[];
}

/** The result of the caller's batch at `index`. */
export interface Placed {
	index: number;
	result: PushResult;
	/** It was refused for want of room together with others that it was joined with: alone it may have some. */
	crowded?: boolean;
}

/** A job in an answer. */
interface Told {
	id: string;
	state: PushedJob['state'] | null;
	unique?: UniqueAnswer;
}

/** What stands around the jobs of a batch, its topic and its key aside. */
const AROUND_BYTES = 110;

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
 *
 * @param apart joins no batches
 */
export function pushRequest(items: PushItem[], apart: boolean): { body: string; read: (answer: Answer) => Placed[] } {
	const wire = joined(items, apart);
	return {
		body: `{"batches":[${wire.map(batchText).join(',')}]}`,
		read: (answer) => readPushed(wire, answer),
	};
}

/** Batches without a key join the one before them in their topic: one key for all of them costs the store less. */
function joined(items: PushItem[], apart: boolean): WireBatch[] {
	const wire: WireBatch[] = [];
	const latest = new Map<string, WireBatch>();
	for (const item of items) {
		const { topic, jobs, idempotency, durability } = item.batch;
		const open = idempotency === undefined && !apart ? latest.get(topic) : undefined;
		if (open?.ownKey && open.durability === durability) {
			open.jobs.push(...jobs);
			open.texts.push(...item.texts);
			open.items.push(item);
			continue;
		}
		const key = idempotency?.key ?? crypto.randomUUID();
		const ownKey = idempotency === undefined;
		const batch = { topic, key, ownKey, durability, jobs: [...jobs], texts: [...item.texts], items: [item] };
		wire.push(batch);
		latest.set(topic, batch);
	}
	return wire;
}

function batchText({ topic, key, durability, texts }: WireBatch): string {
	const said = JSON.stringify({ topic, idempotencyKey: key, durability });
	return `${said.slice(0, -1)},"jobs":[${texts.join(',')}]}`;
}

function jobText(job: NewJob): string {
	const { data, priority, group, maxAttempts, backoff, delayMs, runAt } = job;
	const options = {
		...(priority === 0 ? {} : { priority }),
		...(group === null ? {} : { group }),
		// 0 leaves it to the server, which knows what the topic says.
		...(maxAttempts === 0 ? {} : { maxAttempts }),
		...(backoff === null ? {} : { backoff }),
		...(runAt === null ? (delayMs === 0 ? {} : { delayMs }) : { runAt }),
		...termsOf(job),
	};
	const said = JSON.stringify(options);
	return said === '{}' ? `{"data":${data}}` : `{"data":${data},${said.slice(1)}`;
}

function readPushed(sent: WireBatch[], answer: Answer): Placed[] {
	const found = records(answer, 'batches', sent.length);
	return sent.flatMap((batch, place): Placed[] => {
		const { status, jobs: list, durability } = found[place] ?? {};
		const reached = durability === undefined ? {} : { durability: durabilityOf(durability) };
		const jobs = Array.isArray(list) ? (list as Told[]) : [];
		if (!jobs.every((job) => typeof job?.id === 'string')) throw new Misread();
		if (status === 'full') return batch.items.map(({ index }) => noRoom(index, batch));
		if (status === 'created') return createdParts(batch, jobs, reached);
		// A key of our own that the server knows already was brought by a first try whose reply was lost.
		if (batch.ownKey && status === 'duplicate') {
			return createdParts(
				batch,
				jobs.map((job, n) => ({ id: job.id, state: stateAtPush(job.state, batch.jobs[n]) })),
				reached,
			);
		}
		const [item] = batch.items;
		if (item === undefined || batch.ownKey || (status !== 'duplicate' && status !== 'conflict')) throw new Misread();
		return [{ index: item.index, result: { status, ids: jobs.map(({ id }) => id), ...reached } }];
	});
}

function noRoom(index: number, { items }: WireBatch): Placed {
	return { index, result: { status: 'full' }, crowded: items.length > 1 };
}

function createdParts(batch: WireBatch, jobs: Told[], reached: { durability?: Durability }): Placed[] {
	if (jobs.length !== batch.jobs.length) throw new Misread();
	const created = jobs.map(({ id, state, unique }): PushedJob => {
		if (state === null) throw new Misread();
		return { id, state, ...(unique === undefined ? {} : { unique }) };
	});
	let from = 0;
	return batch.items.map(({ index, count }) => {
		const result: PushResult = { status: 'created', jobs: created.slice(from, from + count), ...reached };
		from += count;
		return { index, result };
	});
}

/**
 * A repetition tells the state of now, which may be past the one that the push made; of a job with a unique key that may have been any,
 * since its holder may stand in its place.
 */
function stateAtPush(state: Told['state'], job: NewJob | undefined): PushedJob['state'] {
	if (state === 'waiting' || state === 'delayed') return state;
	if (job?.unique !== undefined) return state ?? 'completed';
	return job !== undefined && (job.delayMs > 0 || job.runAt !== null) ? 'delayed' : 'waiting';
}
