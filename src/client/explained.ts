import type { Engine } from '../engine/engine.ts';
import type { Explanation } from '../engine/explain.ts';

/** Why a job does or does not run: the facts, and the same in words. */
export interface Explained extends Explanation {
	/** For people; the wording may change. */
	text: string;
}

/** @returns null for a job that the store does not hold */
export async function explainJob(engine: Engine, id: string): Promise<Explained | null> {
	const [facts = null] = await engine.explainJobs([id]);
	return facts && { ...facts, text: inWords(facts) };
}

function inWords({ id, state, next, reasons }: Explanation): string {
	if (next) return `${id} is next`;
	if (reasons.length === 0) return `${id} is ${state}`;
	return `${id} is ${state}: ${reasons.map(({ code }) => code.replaceAll('_', ' ')).join(', ')}`;
}
