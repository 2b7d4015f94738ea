import type { Job, JobState } from '../core/job.ts';
import type { OperationFilter } from '../core/operation.ts';
import type { Engine } from '../engine/engine.ts';

/** Where the look through a topic's lists stands. */
export interface Place {
	/** Which list, of `passesOf`. */
	pass: number;
	/** Of that list; null for its beginning. */
	cursor: string | null;
	/** How long the next page is. */
	limit: number;
	/** How many jobs of the list are looked at before it is given up: it may grow faster than it is read. */
	left: number;
}

/** How many jobs one call reads: other calls get in between. */
const LONGEST_PAGE = 100;
const SHORTEST_PAGE = 10;
/** A page of more payload than this makes the next one shorter. */
const PAGE_BYTES = 4_194_304;

export const BEGIN: Place = { pass: 0, cursor: null, limit: LONGEST_PAGE, left: 0 };

/** Of a list that held n jobs at its beginning, GROWTH · n and PATIENCE jobs are looked at, at the most. */
const GROWTH = 10;
const PATIENCE = 100_000;

const UNFINISHED: readonly JobState[] = ['delayed', 'waiting', 'active'];

/**
 * The lists to look through. A job goes from one unfinished state to another and back, and could be missed in each of them; so these are looked
 * through twice.
 */
export function passesOf({ state }: OperationFilter): JobState[] {
	const unfinished = state.filter((one) => UNFINISHED.includes(one));
	const finished = state.filter((one) => !UNFINISHED.includes(one));
	return unfinished.length > 1 ? [...unfinished, ...unfinished, ...finished] : state;
}

export interface Page {
	jobs: Job[];
	/** null when nothing is left to look at. */
	next: Place | null;
	/** The list has been given up. */
	cutShort: boolean;
	/** The job that the next page goes on from. */
	anchor: string | null;
}

/** Reads the next page, of at most 100 jobs. */
export function readPage(engine: Engine, filter: OperationFilter, passes: JobState[], place: Place): Promise<Page> {
	return filter.ids === undefined ? readList(engine, filter, passes, place) : readIds(engine, filter.ids, place);
}

async function readList(engine: Engine, { topic }: OperationFilter, passes: JobState[], place: Place): Promise<Page> {
	const { pass, cursor, limit } = place;
	const state = passes[pass];
	if (state === undefined) return { jobs: [], next: null, cutShort: false, anchor: null };
	const left = cursor === null ? await patienceFor(engine, topic, state) : place.left;
	const { jobs, nextCursor } = await engine.listJobs({ topic, state, cursor, limit });
	const goesOn = nextCursor !== null && left > limit;
	const next = { pass, cursor: nextCursor, limit: limitAfter(jobs, limit), left: left - limit };
	const following = pass + 1 < passes.length ? { ...BEGIN, pass: pass + 1, limit: next.limit } : null;
	return {
		jobs,
		next: goesOn ? next : following,
		cutShort: nextCursor !== null && !goesOn,
		anchor: goesOn ? (jobs.at(-1)?.id ?? null) : null,
	};
}

async function patienceFor(engine: Engine, topic: string, state: JobState): Promise<number> {
	const [found] = await engine.getTopics([topic]);
	return GROWTH * (found?.counts[state] ?? 0) + PATIENCE;
}

/** Jobs that are named need no list. The cursor counts them. */
async function readIds(engine: Engine, ids: string[], place: Place): Promise<Page> {
	const from = Number(place.cursor ?? 0);
	const to = from + place.limit;
	const jobs = (await engine.getJobs(ids.slice(from, to))).filter((job) => job !== null);
	const next = { ...place, cursor: String(to), limit: limitAfter(jobs, place.limit) };
	return { jobs, next: to < ids.length ? next : null, cutShort: false, anchor: null };
}

function limitAfter(jobs: Job[], limit: number): number {
	const bytes = jobs.reduce((sum, { data }) => sum + data.length, 0);
	return bytes > PAGE_BYTES ? Math.max(SHORTEST_PAGE, limit >> 1) : Math.min(LONGEST_PAGE, limit * 2);
}
