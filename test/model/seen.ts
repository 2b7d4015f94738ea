import { JOB_STATES, type Job } from '../../src/core/job.ts';
import type { Snapshot } from './world.ts';

/** What was seen of the jobs, as far as the interface alone tells it. The invariants are said by it, without the model. */
export interface Seen {
	/** When each run began, by id and token. */
	runs: Map<string, number>;
	/** When the start of each job that has a `ttlMs` comes too late, by id. */
	startBy: Map<string, number>;
}

export function seeNothing(): Seen {
	return { runs: new Map(), startBy: new Map() };
}

export function runOf({ id, token }: Job): string {
	return `${id} ${token}`;
}

export function jobsOf(snapshot: Snapshot): Job[] {
	return Object.values(snapshot.lists).flatMap((lists) => JOB_STATES.flatMap((state) => lists[state]));
}

/** Keeps what the step that ended at `now` has shown. */
export function see(seen: Seen, before: Snapshot, after: Snapshot, now: number): void {
	const earlier = new Map(jobsOf(before).map((job) => [job.id, job]));
	for (const job of jobsOf(after)) {
		if (job.state === 'active' && !seen.runs.has(runOf(job))) seen.runs.set(runOf(job), now);
		// A job with a key may be replaced, and its terms with it, or wait without a time.
		if (job.ttlMs === undefined || job.unique !== undefined) continue;
		const was = earlier.get(job.id)?.state;
		const isNew = was === undefined && !seen.startBy.has(job.id);
		const again = (was === 'dead' || was === 'cancelled') && job.state === 'waiting';
		if (isNew || again) seen.startBy.set(job.id, Math.max(now, job.runAt ?? now) + job.ttlMs);
	}
}
