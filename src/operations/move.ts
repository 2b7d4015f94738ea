import type { Job, NewJob } from '../core/job.ts';
import { termsOf } from '../core/terms.ts';
import type { ActionResult, PushResult } from '../engine/engine.ts';
import type { Acting } from './act.ts';
import { matches } from './match.ts';

/** How long a copy is kept from running while its source is still there. Long enough for a server that takes over after a crash. */
const HIDE_MS = 30_000;

/** A job, and what stands for it in the other topic. */
interface Copied {
	source: Job;
	copy: string;
}

/**
 * Moves jobs to another topic: pushes a copy under a key that is made of the job's id, then deletes the job if it is still as it was, and else
 * the copy. A copy is delayed until its source is gone, so that no worker gets both; after a crash it is found again by the key.
 *
 * @param strays jobs that an earlier try may have copied, and that do not fit any more: their copies go
 * @returns how many were moved
 */
export async function moveJobs(acting: Acting, jobs: Job[], strays: Job[]): Promise<number> {
	const { engine, operation, check } = acting;
	const copied = [
		...(await pushCopies(acting, jobs.filter(isMovable), copyOf)),
		...(await pushCopies(acting, strays, hiddenCopyOf)),
	];
	const leaving = await unchanged(
		acting,
		copied.filter(({ source }) => jobs.includes(source)),
	);
	check();
	const sources = leaving.map(({ source }) => source.id);
	const results = sources.length === 0 ? [] : await engine.deleteJobs(sources, operation.filter.state);
	const moved = leaving.filter((_, index) => isOk(results[index]));
	await drop(
		acting,
		copied.filter((one) => !moved.includes(one)),
	);
	const hidden = moved.filter(({ source }) => hides(source)).map(({ copy }) => copy);
	check();
	if (hidden.length > 0) await engine.promoteJobs(hidden);
	return moved.length;
}

function isOk(result: ActionResult | undefined): boolean {
	return result?.status === 'ok';
}

/** A job that is queued behind another one with its key has no time of its own. */
function isMovable({ state, runAt }: Job): boolean {
	return state !== 'delayed' || runAt !== null;
}

/** A time limit counts from the moment that a job may first run, so that the copy of a job with one can't be delayed. */
function hides({ state, ttlMs, retryForMs }: Job): boolean {
	return state !== 'delayed' && ttlMs === undefined && retryForMs === undefined;
}

async function pushCopies(acting: Acting, sources: Job[], copy: (job: Job) => NewJob): Promise<Copied[]> {
	if (sources.length === 0) return [];
	const { engine, operation, check } = acting;
	const topic = operation.to ?? '';
	check();
	const results = await engine.push(
		sources.map((source) => {
			const idempotency = { key: `${operation.id}:${source.id}`, fingerprint: 'move' };
			return { topic, jobs: [copy(source)], idempotency };
		}),
	);
	const known = results.flatMap((result) => (result.status === 'duplicate' ? result.ids : []));
	const found = known.length === 0 ? [] : await engine.getJobs(known);
	const copies = new Map(found.filter((job) => job !== null).map((job) => [job.id, job]));
	return sources.flatMap((source, index): Copied[] => {
		const copy = copyIn(results[index], source, copies);
		return copy === undefined ? [] : [{ source, copy }];
	});
}

/** The id of the copy; undefined where there is none, since a job with its key is there, or the topic is full. */
function copyIn(result: PushResult | undefined, source: Job, copies: Map<string, Job>): string | undefined {
	if (result?.status === 'created') {
		const [job] = result.jobs;
		return job?.unique === undefined || job.unique.outcome === 'free' ? job?.id : undefined;
	}
	if (result?.status !== 'duplicate') return undefined;
	const [id = ''] = result.ids;
	// A copy that is gone was dropped; one with other data is the job that holds the key.
	return copies.get(id)?.data === source.data ? id : undefined;
}

function copyOf(job: Job): NewJob {
	const { data, priority, group, maxAttempts, backoff, unique, state, runAt } = job;
	// Whoever holds the key in the other topic keeps it: a move is no reason to replace or cancel a job there.
	const key = unique === undefined ? {} : { unique: { ...unique, onConflict: 'keep' as const } };
	return {
		...{ data, priority, group, maxAttempts, backoff, ...termsOf(job), ...key },
		delayMs: hides(job) ? HIDE_MS : 0,
		runAt: state === 'delayed' ? runAt : null,
	};
}

/** For a copy that is to be dropped again: no worker may see it in between. */
function hiddenCopyOf(job: Job): NewJob {
	return { ...copyOf(job), delayMs: HIDE_MS, runAt: null };
}

/** Those whose source nobody has touched since it was copied. */
async function unchanged({ engine, operation }: Acting, copied: Copied[]): Promise<Copied[]> {
	if (copied.length === 0) return [];
	const now = await engine.getJobs(copied.map(({ source }) => source.id));
	return copied.filter(({ source }, index) => {
		const job = now[index];
		return job && job.token === source.token && job.data === source.data && matches(operation, job);
	});
}

async function drop({ engine, check }: Acting, copied: Copied[]): Promise<void> {
	if (copied.length === 0) return;
	check();
	await engine.deleteJobs(copied.map(({ copy }) => copy));
}
