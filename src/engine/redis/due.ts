import { TRANSITIONS } from '../../core/transitions.ts';
import { encodeTransition } from './codec.ts';
import { KEEP } from './retention.ts';
import type { Scripts } from './scripts.ts';

/** What promote.lua is told beside how much it may do. */
export const PROMOTING = [KEEP, encodeTransition(TRANSITIONS.promote), encodeTransition(TRANSITIONS.expire)];

/** One script lets a bounded number of jobs expire; a take or an explanation that finds more asks again. */
const ROUNDS = 100;

/**
 * Lets groups open and jobs expire whose time has come, as takes and explanations want it. Delayed jobs stay.
 * @returns the store's time of it
 */
export async function fallDue(scripts: Scripts, topic: string): Promise<number> {
	for (let round = 1; ; round++) {
		const args = [scripts.now, '0', ...PROMOTING];
		const [moved, , at] = await scripts.call<[number, string, string]>('promote', topic, args);
		if (moved === 0 || round === ROUNDS) return Number(at);
	}
}
