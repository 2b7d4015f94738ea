import { MillraceError } from '../core/errors.ts';
import type { Engine, PushBatch } from '../engine/engine.ts';
import { conflict } from './idempotency.ts';

export interface Pushed {
	/** False when this push only repeated an earlier one. */
	created: boolean;
	/** `state` is null when the job has left the store since. */
	jobs: { id: string; state: string | null }[];
}

/**
 * Pushes one batch.
 * @throws IDEMPOTENCY_CONFLICT when its key belongs to another request
 */
export async function pushBatch(engine: Engine, batch: PushBatch): Promise<Pushed> {
	const result = single(await engine.push([batch]));
	if (result.status === 'created') return { created: true, jobs: result.jobs };
	if (result.status === 'conflict') throw conflict(batch.idempotency?.key ?? '', batch.topic);
	const jobs = await engine.getJobs(result.ids);
	return { created: false, jobs: result.ids.map((id, index) => ({ id, state: jobs[index]?.state ?? null })) };
}

/** The answer to a batch of one. */
export function single<T>(results: T[]): T {
	const [result] = results;
	if (result === undefined) throw new MillraceError('INTERNAL', 'The store gave no answer to a batch of one');
	return result;
}
