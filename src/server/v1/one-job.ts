import type { FastifyReply } from 'fastify';
import { MillraceError } from '../../core/errors.ts';
import type { Job } from '../../core/job.ts';
import type { ActionResult } from '../../engine/engine.ts';
import { jobText } from '../render.ts';
import { sendJson } from '../reply.ts';

/**
 * The refusals of an action on one job.
 *
 * @param rule what it would have needed
 * @throws NOT_FOUND, WRONG_STATE
 */
export function allow(id: string, result: ActionResult, rule: string): void {
	if (result.status === 'missing') throw noSuchJob(id);
	if (result.status === 'refused') throw wrongState(id, `Job ${id} is ${result.state}; ${rule}`);
	if (result.status === 'held') throw heldBy(id, result.by);
}

export function heldBy(id: string, holder: string): MillraceError {
	return wrongState(id, `The unique key of job ${id} is held by ${holder}; wait until that has ended, or cancel it`);
}

export function wrongState(id: string, message: string): MillraceError {
	return new MillraceError('WRONG_STATE', message, { invalid: { field: 'id', value: id } });
}

export function noSuchJob(id: string): MillraceError {
	const message = `There is no job ${id}; it was never pushed, or it has been deleted or let go since it finished`;
	return new MillraceError('NOT_FOUND', message, { invalid: { field: 'id', value: id } });
}

/** A job after an action; 204 when it has left the store meanwhile, as a cancelled one does where none are kept. */
export function sendJob(job: Job | null, reply: FastifyReply): FastifyReply {
	return job === null ? reply.code(204).send() : sendJson(reply, jobText(job));
}
