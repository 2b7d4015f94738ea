import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { CLOSED, Name, Words } from '../../core/options.ts';
import { checker } from '../../core/validate.ts';
import type { CancelledBy } from '../../engine/engine.ts';

/** Who cancels and why, for the history of the job. */
export const byFields = { actor: Type.Optional(Name), reason: Type.Optional(Words) };

/** Of a request that says all else in its path. */
export const CancelBody = checker(Type.Object(byFields, CLOSED));

/** Who says nothing is known by the name of its key. */
export function cancelledBy(
	{ caller }: FastifyRequest,
	{ actor, reason }: { actor?: string; reason?: string },
): CancelledBy {
	return { actor: actor ?? caller?.name ?? null, reason: reason ?? null };
}
