import { type Told, told } from '../core/explaining.ts';
import type { Store } from './store.ts';

/** Why a job does or does not run: the facts, each with a `text`, and a `summary` in whole sentences. Wording may change. */
export type Explained = Told;

/** @returns null for a job that the store does not hold */
export async function explainJob({ engine, clock }: Store, id: string): Promise<Explained | null> {
	const [facts = null] = await engine.explainJobs([id]);
	return facts && told(facts, clock());
}
