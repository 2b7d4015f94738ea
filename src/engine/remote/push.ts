import type { NewJob } from '../../core/job.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PushBatch, PushResult } from '../engine.ts';
import { type Answer, Misread, records } from './answers.ts';
import { MAX_BODY_CHARS } from './parts.ts';

/** A batch as it goes to the server: one of the caller's, or several without a key that are for one topic. */
interface WireBatch {
	topic: string;
	key: string;
	/** The key was made here, so that a repetition after a lost reply stores nothing twice. */
	ownKey: boolean;
	jobs: NewJob[];
	texts: string[];
	chars: number;
	/** The caller's batches, by index, and how many jobs each has. */
	parts: { index: number; count: number }[];
}

/** The result of the caller's batch at `index`. */
interface Placed {
	index: number;
	result: PushResult;
}

/** One request. */
export interface PushPart {
	body: string;
	/** The results of the caller's batches that it carries. @throws Misread */
	read: (answer: Answer) => Placed[];
}

/**
 * Splits a push into requests, each within the bounds of a request. The order within a topic stays.
 *
 * A batch's fingerprint stays here: the server makes one of the text that it is sent, which is the same for the same batch.
 */
export function pushParts(batches: PushBatch[]): PushPart[] {
	const parts: WireBatch[][] = [];
	let [chars, jobs] = [0, 0];
	for (const batch of joined(batches)) {
		const fits = chars + batch.chars <= MAX_BODY_CHARS && jobs + batch.jobs.length <= LIMITS.batch;
		const last = fits ? parts.at(-1) : undefined;
		if (last === undefined) {
			parts.push([batch]);
			[chars, jobs] = [0, 0];
		} else last.push(batch);
		chars += batch.chars;
		jobs += batch.jobs.length;
	}
	return parts.map((part) => ({
		body: `{"batches":[${part.map(batchText).join(',')}]}`,
		read: (answer) => readPushed(part, answer),
	}));
}

/** Batches without a key join the one before them in their topic: one key for all of them costs the store less. */
function joined(batches: PushBatch[]): WireBatch[] {
	const wire: WireBatch[] = [];
	const latest = new Map<string, WireBatch>();
	for (const [index, { topic, jobs, idempotency }] of batches.entries()) {
		const texts = jobs.map(jobText);
		const chars = texts.reduce((sum, text) => sum + text.length + 1, 0);
		const open = idempotency === undefined ? latest.get(topic) : undefined;
		const part = { index, count: jobs.length };
		if (open?.ownKey && open.jobs.length + jobs.length <= LIMITS.batch && open.chars + chars <= MAX_BODY_CHARS) {
			open.jobs.push(...jobs);
			open.texts.push(...texts);
			open.chars += chars;
			open.parts.push(part);
			continue;
		}
		const key = idempotency?.key ?? crypto.randomUUID();
		const batch = { topic, key, ownKey: idempotency === undefined, jobs: [...jobs], texts, chars, parts: [part] };
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
		const [part] = batch.parts;
		if (part === undefined || batch.ownKey || (status !== 'duplicate' && status !== 'conflict')) throw new Misread();
		return [{ index: part.index, result: { status, ids: jobs.map(({ id }) => id) } }];
	});
}

function createdParts(batch: WireBatch, jobs: { id: string; state: string | null }[]): Placed[] {
	if (jobs.length !== batch.jobs.length) throw new Misread();
	const created = jobs.map(({ id, state }, n) => ({ id, state: stateAtPush(state, batch.jobs[n]) }));
	let from = 0;
	return batch.parts.map(({ index, count }) => {
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
