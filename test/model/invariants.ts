import { JOB_STATES, type Job, type TakenJob } from '../../src/core/job.ts';
import { checkFlow } from './flow-invariants.ts';
import { insist } from './insist.ts';
import { jobsOf } from './seen.ts';
import { type Snapshot, TOPICS, type World } from './world.ts';

/** What holds after every step, said without the model: a mistake made in both would show here. */
export function checkInvariants(before: Snapshot, after: Snapshot, world: World, forgets: boolean): void {
	checkOneState(after);
	checkCounts(after);
	for (const job of jobsOf(after)) checkFields(job);
	checkTokensGrow(before, after);
	if (!forgets) checkNoneLost(before, after);
	checkFlow(before, after, world.seen);
}

/** Every job stands in exactly one list, that of its state, and getJobs tells the same. */
function checkOneState(after: Snapshot): void {
	const jobs = jobsOf(after);
	const ids = jobs.map(({ id }) => id);
	insist(new Set(ids).size === ids.length, 'a job stands in one list only', ids);
	for (const topic of TOPICS) {
		for (const state of JOB_STATES) {
			const list = after.lists[topic]?.[state] ?? [];
			const holds = list.every((job) => job.state === state && job.topic === topic);
			insist(holds, `a list of ${state} jobs of ${topic}`, list);
		}
	}
	const known = after.jobs.filter((job) => job !== null);
	const some = known.map(({ id }) => id).sort();
	insist(some.join() === ids.sort().join(), 'every known job stands in a list', some, ids);
}

function checkCounts(after: Snapshot): void {
	TOPICS.forEach((name, index) => {
		const topic = after.topics[index];
		if (!topic) return;
		for (const state of JOB_STATES) {
			const length = after.lists[name]?.[state].length;
			insist(topic.counts[state] === length, `${state} jobs of ${name} are counted as listed`, topic.counts, length);
		}
	});
}

function checkFields(job: Job): void {
	const { state, unique } = job;
	// One that is queued behind another with its key has no time.
	const isQueued = state === 'delayed' && unique !== undefined && job.runAt === null;
	const hasEnded = state === 'completed' || state === 'dead' || state === 'cancelled';
	const holds =
		(job.runAt !== null) === (state === 'delayed' && !isQueued) &&
		(job.leaseExpiresAt !== null) === (state === 'active') &&
		(job.finishedAt !== null) === hasEnded &&
		(job.reason !== null) === (state === 'dead' || state === 'cancelled') &&
		(job.worker === null || state === 'active');
	insist(holds, `a job that is ${state} has what such a job has`, job);
	// A push with its key may replace a job, and the new job may allow fewer attempts than the old one has used.
	insist(unique !== undefined || job.attempt <= job.maxAttempts, 'attempt ≤ maxAttempts', job);
}

function checkTokensGrow(before: Snapshot, after: Snapshot): void {
	before.jobs.forEach((job, index) => {
		const later = after.jobs[index];
		if (!job || !later) return;
		const delivered = later.state === 'active' && job.state !== 'active';
		insist(later.token >= job.token + (delivered ? 1 : 0), 'the token grows, with each delivery', job, later);
	});
}

/** A job that was waiting or delayed is still there, unless it ended by itself and its topic keeps no such jobs. */
function checkNoneLost(before: Snapshot, after: Snapshot): void {
	before.jobs.forEach((job, index) => {
		const open = job?.state === 'waiting' || job?.state === 'delayed';
		const endsByItself = job?.ttlMs !== undefined || job?.unique !== undefined;
		insist(!open || endsByItself || after.jobs[index] !== null, 'a job that has not ended is not lost', job);
	});
}

/** New deliveries: each lane's head first, no priority before a higher one, one token more than before. */
export function checkDeliveries(before: Snapshot, taken: TakenJob[]): void {
	for (const topic of TOPICS) {
		// A job that was queued behind another may be freed by the take itself.
		const stoodAll = before.lists[topic]?.waiting ?? [];
		const jobs = taken.filter(({ id }) => stoodAll.some((job) => job.id === id));
		const priorities = jobs.map(({ priority }) => priority);
		insist(priorities.join() === [...priorities].sort((a, b) => b - a).join(), 'a higher priority goes first', jobs);
		const lane = (job: { priority: number; group: string | null }) => JSON.stringify([job.priority, job.group]);
		for (const name of new Set(jobs.map(lane))) {
			const ids = jobs.filter((job) => lane(job) === name).map(({ id }) => id);
			// One whose time to start was over is not delivered.
			const stood = stoodAll.filter((job) => lane(job) === name && (job.ttlMs === undefined || ids.includes(job.id)));
			const first = stood.slice(0, ids.length).map(({ id }) => id);
			insist(ids.join() === first.join(), 'first in, first out', ids, first);
		}
		for (const { id, token } of taken.filter((job) => job.topic === topic)) {
			const known = before.jobs.find((job) => job?.id === id);
			insist(token === (known?.token ?? Number.NaN) + 1, `the next token of ${id}`, token, known);
		}
	}
}
