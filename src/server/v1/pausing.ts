import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Clock } from '../../core/clock.ts';
import { CLOSED, Instant, TimeMs } from '../../core/options.ts';
import { refuse } from '../../core/refuse.ts';
import { checker } from '../../core/validate.ts';
import { bodyOrNothing } from '../body.ts';

export const PauseBody = checker(Type.Object({ until: Type.Optional(Instant), forMs: Type.Optional(TimeMs) }, CLOSED));

/** When a pause ends by itself; null for never. @throws INVALID */
export function readPause(request: FastifyRequest, clock: Clock): number | null {
	const { value } = bodyOrNothing(request);
	const { until, forMs } = PauseBody.check(value);
	if (forMs === undefined) return until ?? null;
	if (until !== undefined) throw refuse('forMs', 'cannot be given together with until; use one of them', forMs);
	return clock() + forMs;
}
