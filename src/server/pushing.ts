import { MillraceError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { UniqueAnswer } from '../core/unique.ts';
import type { Durability, Engine, PushBatch, PushResult } from '../engine/engine.ts';
import { conflict } from './idempotency.ts';

export interface Pushed {
	/** False when this push only repeated an earlier one. */
	created: boolean;
	jobs: PushedJob[];
	/** What the push has reached. */
	durability: Durability;
}

interface PushedJob {
	id: string;
	/** null when the job has left the store since. */
	state: string | null;
	/** Of a job that was pushed with a key, in the answer to the first push. */
	unique?: UniqueAnswer;
}

type Accepted = Exclude<PushResult, { status: 'refused' }>;

/** Requests have been checked, so that only an engine with a far side of its own can still refuse one. */
function accepted(result: PushResult): Accepted {
	if (result.status === 'refused') throw result.error;
	return result;
}

/**
 * Pushes one batch.
 * @throws IDEMPOTENCY_CONFLICT when its key belongs to another request, TOPIC_FULL when the topic has no room for it
 */
export async function pushBatch(engine: Engine, batch: PushBatch): Promise<Pushed> {
	const result = accepted(single(await engine.push([batch])));
	if (result.status === 'full') throw noRoom(batch.topic);
	if (result.status === 'conflict') throw conflict(batch.idempotency?.key ?? '', batch.topic);
	const { durability = engine.durability } = result;
	if (result.status === 'created') return { created: true, jobs: result.jobs, durability };
	const jobs = await engine.getJobs(result.ids);
	const states = result.ids.map((id, index) => ({ id, state: jobs[index]?.state ?? null }));
	return { created: false, jobs: states, durability };
}

function noRoom(topic: string): MillraceError {
	const message =
		`Topic ${topic} has no room for these jobs within its waitingBytes; nothing was stored: ` +
		'push again when some have finished, or raise the setting';
	return new MillraceError('TOPIC_FULL', message, { invalid: { field: 'topic', value: topic } });
}

/** Whether the push made the job; it did not when the answer names the one that holds its key. */
export function isNew({ unique }: PushedJob): boolean {
	return unique === undefined || NEW_OUTCOMES.includes(unique.outcome);
}

const NEW_OUTCOMES: UniqueAnswer['outcome'][] = ['free', 'cancelled', 'queued'];

/** What became of one of several batches. */
export interface BatchPushed {
	status: Accepted['status'];
	jobs: PushedJob[];
	/** What it has reached, where it asked for a durability and is stored. */
	durability?: Durability;
}

/**
 * Pushes batches in one call. A duplicate and a conflict are values: they show the jobs of the first push, in their states of
 * now. A batch for which there is no room shows no jobs.
 */
export async function pushBatches(engine: Engine, batches: PushBatch[]): Promise<BatchPushed[]> {
	const results = (await engine.push(batches)).map(accepted);
	const known = results.flatMap((result) => ('ids' in result ? result.ids : []));
	const states = new Map<string, string | null>();
	for (let from = 0; from < known.length; from += LIMITS.batch) {
		const ids = known.slice(from, from + LIMITS.batch);
		const jobs = await engine.getJobs(ids);
		for (const [index, id] of ids.entries()) states.set(id, jobs[index]?.state ?? null);
	}
	return results.map((result, index) => {
		if (result.status === 'full') return { status: result.status, jobs: [] };
		const jobs =
			result.status === 'created' ? result.jobs : result.ids.map((id) => ({ id, state: states.get(id) ?? null }));
		const asked = result.status !== 'conflict' && batches[index]?.durability !== undefined;
		if (!asked) return { status: result.status, jobs };
		return { status: result.status, jobs, durability: result.durability ?? engine.durability };
	});
}

/** The answer to a batch of one. */
export function single<T>(results: T[]): T {
	const [result] = results;
	if (result === undefined) throw new MillraceError('INTERNAL', 'The store gave no answer to a batch of one');
	return result;
}
