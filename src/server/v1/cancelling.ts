import Type from 'typebox';
import { Name, Words } from '../../core/options.ts';
import type { CancelledBy } from '../../engine/engine.ts';

/** Who cancels and why, for the history of the job. */
export const byFields = { actor: Type.Optional(Name), reason: Type.Optional(Words) };

export function cancelledBy({ actor, reason }: { actor?: string; reason?: string }): CancelledBy {
	return { actor: actor ?? null, reason: reason ?? null };
}
