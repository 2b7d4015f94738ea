import { describe, MillraceError } from '../core/errors.ts';
import type { UniqueAnswer } from '../core/unique.ts';
import type { Durability, PushResult } from '../engine/engine.ts';
import type { Pushed } from './job-handle.ts';

/** Outcomes of a unique push that stored no new job. */
const STORED_NOTHING: readonly UniqueAnswer['outcome'][] = ['kept', 'replaced', 'debounced'];

/**
 * What a push was answered, job by job.
 *
 * @param usual what a push reaches that asks for nothing
 * @throws IDEMPOTENCY_CONFLICT, TOPIC_FULL, and what the far side refused
 */
export function pushedJobs(
	result: PushResult | undefined,
	{ topic, key, usual }: { topic: string; key: string | undefined; usual: Durability },
): Pushed[] {
	switch (result?.status) {
		case 'created':
			return result.jobs.map(({ id, unique }) => {
				const created = unique === undefined || !STORED_NOTHING.includes(unique.outcome);
				return { id, created, unique, durability: result.durability ?? usual };
			});
		case 'duplicate':
			return result.ids.map((id) => ({ id, created: false, durability: result.durability ?? usual }));
		case 'conflict':
			throw keyConflict(key);
		case 'full':
			throw new MillraceError(
				'TOPIC_FULL',
				`Topic ${topic} has no room for this push within its budget (waitingBytes)`,
			);
		case 'refused':
			throw result.error;
		case undefined:
			throw new MillraceError('INTERNAL', 'The store gave no answer to a push');
	}
}

function keyConflict(key: string | undefined): MillraceError {
	const message = `Idempotency key ${describe(key)} was used for another push; repeat that one unchanged, or take a new key`;
	return new MillraceError('IDEMPOTENCY_CONFLICT', message, { invalid: { field: 'idempotencyKey', value: key } });
}
