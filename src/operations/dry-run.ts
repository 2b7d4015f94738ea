import { LIMITS } from '../core/limits.ts';
import type { DryRun, OperationFilter } from '../core/operation.ts';
import type { Engine } from '../engine/engine.ts';
import { matches } from './match.ts';
import { BEGIN, type Place, readPage } from './scan.ts';

/** Counts what an operation that began now would be about. */
export async function dryRun(engine: Engine, filter: OperationFilter, now: number): Promise<DryRun> {
	const { topic, state, ...more } = filter;
	if (Object.keys(more).length === 0) return countAll(engine, topic, state);
	let place: Place | null = BEGIN;
	let [scanned, matched] = [0, 0];
	let complete = true;
	while (place !== null) {
		if (scanned >= LIMITS.dryRun) return { scanned, matched, complete: false };
		const limit = Math.min(place.limit, LIMITS.dryRun - scanned);
		const page = await readPage(engine, filter, state, { ...place, limit });
		scanned += page.jobs.length;
		matched += page.jobs.filter((job) => matches({ filter, createdAt: now }, job)).length;
		complete &&= !page.cutShort;
		place = page.next;
	}
	return { scanned, matched, complete };
}

/** A topic knows how many jobs it has in each state. */
async function countAll(engine: Engine, topic: string, states: OperationFilter['state']): Promise<DryRun> {
	const [found] = await engine.getTopics([topic]);
	const matched = states.reduce((sum, state) => sum + (found?.counts[state] ?? 0), 0);
	return { scanned: 0, matched, complete: true };
}
