import { MillraceError } from '../core/errors.ts';
import type { ActionResult } from '../engine/engine.ts';

/**
 * @param done what the action would have made of the job, for the message
 * @throws NOT_FOUND or WRONG_STATE where the action was refused
 */
export function expectDone(id: string, done: 'cancelled' | 'promoted' | 'retried', result?: ActionResult): void {
	if (result?.status === 'ok') return;
	if (result?.status === 'refused') throw wrongState(id, done, `it is ${result.state}`);
	if (result?.status === 'held') throw wrongState(id, done, `its unique key belongs to job ${result.by} by now`);
	throw new MillraceError('NOT_FOUND', `Job ${id} is not in the store any more`);
}

function wrongState(id: string, done: string, why: string): MillraceError {
	return new MillraceError('WRONG_STATE', `Job ${id} cannot be ${done}: ${why}`);
}
