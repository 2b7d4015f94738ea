import { LIMITS } from '../core/limits.ts';
import type { Engine } from '../engine/engine.ts';
import { act } from './act.ts';
import { matches } from './match.ts';
import { type OperationRecord, readyOf } from './record.ts';
import { type Place, passesOf, readPage } from './scan.ts';

export interface Step {
	engine: Engine;
	record: OperationRecord;
	/** The store's time. */
	now: number;
	/** See `Acting`. */
	repeated: boolean;
	check: () => void;
}

/** What a step has changed. */
export type Work = Pick<OperationRecord, 'place' | 'pending' | 'anchor' | 'notBefore' | 'progress' | 'complete'>;

/** Jobs that are handed to the engine in one call, and pages that are read in one step. */
const CHUNK = 100;
const PAGES = LIMITS.operationStep / CHUNK;
/** A rate goes in so many portions a second. */
const PORTIONS = 5;

/** One bounded step: acts upon jobs that were found, or else looks for more. */
export function makeStep(step: Step): Promise<Work> {
	return readyOf(step.record).length > 0 ? actStep(step) : scanStep(step);
}

/** Nothing is left to look at and nothing to act upon. */
export function isOver({ place, pending }: Work): boolean {
	return place === null && pending.length === 0;
}

async function scanStep({ engine, record }: Step): Promise<Work> {
	let work: Work = record;
	for (let pages = 0; pages < PAGES && work.place !== null; pages++)
		work = await lookAtPage(engine, record, work, work.place);
	return work;
}

async function lookAtPage(engine: Engine, record: OperationRecord, before: Work, place: Place): Promise<Work> {
	const { pending, progress } = before;
	const page = await readPage(engine, record.filter, passesOf(record.filter), place);
	const found = page.jobs.filter((job) => matches(record, job)).map(({ id }) => id);
	const known = new Set(pending);
	const fresh = found.filter((id) => !known.has(id));
	return {
		place: page.next,
		pending: [...pending, ...fresh],
		anchor: page.anchor !== null && found.includes(page.anchor) ? page.anchor : null,
		notBefore: before.notBefore,
		complete: before.complete && !page.cutShort,
		progress: {
			...progress,
			scanned: progress.scanned + page.jobs.length,
			matched: progress.matched + fresh.length,
		},
	};
}

async function actStep({ engine, record, now, repeated, check }: Step): Promise<Work> {
	const { perSecond, anchor, place, complete } = record;
	const ids = readyOf(record).slice(0, portionOf(record));
	const acted = new Set(ids);
	let { done, refused } = record.progress;
	for (let from = 0; from < ids.length; from += CHUNK) {
		const tally = await act({ engine, operation: record, repeated, check }, ids.slice(from, from + CHUNK));
		done += tally.done;
		refused += tally.refused;
	}
	return {
		place,
		anchor,
		complete,
		pending: record.pending.filter((id) => !acted.has(id)),
		notBefore: perSecond === null ? 0 : now + Math.ceil((ids.length * 1_000) / perSecond),
		progress: { ...record.progress, done, refused },
	};
}

function portionOf({ perSecond }: OperationRecord): number {
	return perSecond === null
		? LIMITS.operationStep
		: Math.min(LIMITS.operationStep, Math.max(1, Math.floor(perSecond / PORTIONS)));
}
