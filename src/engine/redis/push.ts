import { formatId } from '../../core/ids.ts';
import type { JobState, JobTerms, NewJob } from '../../core/job.ts';
import { LIMITS } from '../../core/limits.ts';
import { TRANSITIONS } from '../../core/transitions.ts';
import { UNIQUE_MATRIX, type Unique, type UniqueAnswer } from '../../core/unique.ts';
import type { PushBatch, PushedJob, PushResult } from '../engine.ts';
import { encodeLane, encodeOpts, encodeScope, encodeTransition, UNWRITTEN } from './codec.ts';
import { scatter, type TopicGroup } from './grouping.ts';
import { KEEP } from './retention.ts';
import type { Scripts } from './scripts.ts';
import type { TopicNames } from './topic-names.ts';

type BatchReply = ['created', string] | ['created', string, string[]] | ['duplicate' | 'conflict', string] | ['full'];
/** Of a run: its ids, and the places of the batches that the budget does not hold. */
type RunReply = ['created', string, number[]];
type PartReply = BatchReply | RunReply;

export async function push(scripts: Scripts, names: TopicNames, batches: PushBatch[]): Promise<PushResult[]> {
	await names.add(new Set(batches.map((batch) => batch.topic)));
	const nothing: PushResult = { status: 'created', jobs: [] };
	return scatter(batches.length, nothing, groupBatches(batches), (group) => pushGroup(scripts, group));
}

/** What a job with a unique key counts among those that a script may touch: a push that cancels the holder takes 90 µs, a plain one 3. */
const UNIQUE_WEIGHT = 20;

function weightOf({ jobs }: PushBatch): number {
	return jobs.reduce((sum, { unique }) => sum + (unique === undefined ? 1 : UNIQUE_WEIGHT), 0);
}

/** Batches of one topic that go into one script: no more jobs than a script may touch, or one batch, which is stored whole. */
function groupBatches(batches: PushBatch[]): TopicGroup<PushBatch>[] {
	const open = new Map<string, TopicGroup<PushBatch> & { weight: number }>();
	const groups: TopicGroup<PushBatch>[] = [];
	for (const [place, batch] of batches.entries()) {
		const weight = weightOf(batch);
		let group = open.get(batch.topic);
		if (group === undefined || group.weight + weight > LIMITS.batch) {
			group = { topic: batch.topic, items: [], places: [], weight: 0 };
			open.set(batch.topic, group);
			groups.push(group);
		}
		group.items.push(batch);
		group.places.push(place);
		group.weight += weight;
	}
	return groups;
}

async function pushGroup(scripts: Scripts, { topic, items }: TopicGroup<PushBatch>): Promise<PushResult[]> {
	const parts = splitParts(items);
	const args = [
		scripts.now,
		scripts.callId(),
		scripts.callMemory,
		String(LIMITS.idempotencyTtlMs),
		String(parts.length),
	];
	for (const part of parts) encodePart(part, args);
	const isUnique = items.some(({ jobs }) => jobs.some(({ unique }) => unique !== undefined));
	if (isUnique) args.push(KEEP, encodeTransition(TRANSITIONS.cancel), encodeTransition(TRANSITIONS.promote));
	const script = isUnique ? 'pushUnique' : 'push';
	const [now, ...replies] = await scripts.call<[string, ...PartReply[]]>(script, topic, args);
	return parts.flatMap((part, i) => decodePart(topic, Number(now), part, replies[i] ?? ['full']));
}

/** `run`: batches of one plain job each, which cost one argument a job instead of five. `alike`: one batch of plain jobs. */
interface Part {
	kind: 'run' | 'alike' | 'batch';
	batches: PushBatch[];
}

function splitParts(batches: PushBatch[]): Part[] {
	const parts: Part[] = [];
	let run: Part | undefined;
	for (const batch of batches) {
		const { jobs, idempotency } = batch;
		const isPlain = idempotency === undefined && jobs.every(isPlainJob);
		if (isPlain && jobs.length === 1) {
			if (run === undefined) {
				run = { kind: 'run', batches: [] };
				parts.push(run);
			}
			run.batches.push(batch);
			continue;
		}
		run = undefined;
		parts.push({ kind: isPlain ? 'alike' : 'batch', batches: [batch] });
	}
	return parts;
}

const KIND = { run: '*', alike: '=', batch: '-' };

function encodePart({ kind, batches }: Part, args: string[]): void {
	const count = batches.reduce((sum, { jobs }) => sum + jobs.length, 0);
	args.push(KIND[kind], String(count));
	for (const { jobs, idempotency } of batches) {
		if (kind === 'batch') args.push(idempotency?.key ?? '', idempotency?.fingerprint ?? '');
		for (const job of jobs) {
			if (kind === 'batch') args.push(encodeMeta(job));
			args.push(job.data);
		}
	}
}

/** Nothing but a payload: such a job's meta is empty. Asked of every job, so it is one comparison a field. */
function isPlainJob(job: NewJob): boolean {
	return (
		job.delayMs === 0 &&
		job.runAt === null &&
		job.priority === UNWRITTEN.priority &&
		job.group === null &&
		job.maxAttempts === UNWRITTEN.maxAttempts &&
		job.backoff === null &&
		hasNoTerms(job)
	);
}

/** Field by field: a loop over their names took twice the time of the rest of a push here. */
function hasNoTerms(job: JobTerms): boolean {
	return (
		job.cost === undefined &&
		job.timeoutMs === undefined &&
		job.ttlMs === undefined &&
		job.retryForMs === undefined &&
		job.maxCrashes === undefined &&
		job.onRetry === undefined &&
		job.unique === undefined &&
		job.tags === undefined &&
		job.parent === undefined
	);
}

/** The first of a job's two arguments: empty for a plain job. */
function encodeMeta(job: NewJob): string {
	const parts = [encodeDue(job), encodeLane(job), encodeOpts(job)];
	if (job.unique !== undefined) parts.push(...encodeUnique(job.unique));
	return parts.every((part) => part === '') ? '' : parts.join('\n');
}

function encodeDue(job: NewJob): string {
	if (job.runAt !== null) return `@${job.runAt}`;
	return job.delayMs > 0 ? `+${job.delayMs}` : '';
}

function encodeUnique({ key, scope, onConflict }: Unique): string[] {
	const { waiting, delayed, active, completed } = UNIQUE_MATRIX[onConflict];
	return [[waiting, delayed, active, completed].join(' '), String(encodeScope(scope)), key];
}

function decodePart(topic: string, now: number, { kind, batches }: Part, reply: PartReply): PushResult[] {
	if (kind === 'run') return decodeRun(topic, batches.length, reply as RunReply);
	return batches.map(({ jobs }) => decodeReply(topic, now, reply as BatchReply, jobs));
}

function decodeRun(topic: string, count: number, [, told, refused]: RunReply): PushResult[] {
	let next = Number(told.slice(0, told.indexOf('+')));
	const full = new Set(refused);
	return Array.from({ length: count }, (_, place): PushResult => {
		if (full.has(place)) return { status: 'full' };
		return { status: 'created', jobs: [{ id: formatId(topic, next++), state: 'waiting' }] };
	});
}

function decodeReply(topic: string, now: number, reply: BatchReply, jobs: NewJob[]): PushResult {
	const [status, told = '', answers] = reply;
	if (status === 'full') return { status };
	const ids = decodeIds(topic, told);
	if (status !== 'created') return { status, ids };
	if (answers !== undefined) return { status, jobs: answers.map((answer) => decodeAnswer(topic, answer)) };
	return { status, jobs: jobs.map((job, i) => ({ id: ids[i] ?? '', state: stateOf(job, now) })) };
}

/** `first+count`, or numbers joined by commas. */
function decodeIds(topic: string, text: string): string[] {
	const [first = '', count] = text.split('+');
	if (count === undefined) return first.split(',').map((number) => formatId(topic, Number(number)));
	return Array.from({ length: Number(count) }, (_, i) => formatId(topic, Number(first) + i));
}

/** `id state`, or for a job with a key `id state outcome holder holderState` and perhaps the former holder. */
function decodeAnswer(topic: string, text: string): PushedJob {
	const [id, state, outcome, holder, holderState, former] = text.split(' ');
	const pushed = { id: formatId(topic, Number(id)), state: state as JobState };
	if (outcome === undefined) return pushed;
	const unique: UniqueAnswer = {
		outcome: outcome as UniqueAnswer['outcome'],
		holder: formatId(topic, Number(holder)),
		holderState: holderState as JobState,
	};
	if (former !== undefined) unique.former = formatId(topic, Number(former));
	return { ...pushed, unique };
}

function stateOf(job: NewJob, now: number): 'waiting' | 'delayed' {
	return (job.runAt ?? now + job.delayMs) > now ? 'delayed' : 'waiting';
}
