import type { Job } from '../core/job.ts';
import type { OperationFilter } from '../core/operation.ts';

/** What a job is held against. */
export interface Wanted {
	filter: OperationFilter;
	/** When the operation began. */
	createdAt: number;
}

/** Whether an operation is about the job as it is now. Jobs pushed or finished after it began are not its business, so that it ends. */
export function matches({ filter, createdAt: began }: Wanted, job: Job): boolean {
	if (!filter.state.includes(job.state)) return false;
	if (job.createdAt > began || (job.finishedAt ?? 0) > began) return false;
	const { group, tag, olderThanMs, newerThanMs, error, ids } = filter;
	const ageMs = began - job.createdAt;
	return (
		(group === undefined || job.group === group) &&
		(tag === undefined || job.tags?.includes(tag) === true) &&
		(olderThanMs === undefined || ageMs >= olderThanMs) &&
		(newerThanMs === undefined || ageMs < newerThanMs) &&
		(error === undefined || (job.error !== null && holds(job.error, error))) &&
		(ids === undefined || ids.includes(job.id))
	);
}

/** An error is JSON text: what is looked for may stand in it as it is, or as JSON writes it. */
function holds(text: string, part: string): boolean {
	return text.includes(part) || text.includes(JSON.stringify(part).slice(1, -1));
}
