import { expect } from 'vitest';
import { JOB_STATES, type Job, type TakenJob } from '../../src/core/job.ts';
import { checkFlow } from './flow-invariants.ts';
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
	expect(new Set(ids).size, 'a job stands in one list only').toBe(ids.length);
	for (const topic of TOPICS) {
		for (const state of JOB_STATES) {
			expect(after.lists[topic]?.[state].every((job) => job.state === state && job.topic === topic)).toBe(true);
		}
	}
	const known = after.jobs.filter((job) => job !== null);
	expect(known.map(({ id }) => id).sort(), 'every known job stands in a list').toEqual(ids.sort());
}

function checkCounts(after: Snapshot): void {
	TOPICS.forEach((name, index) => {
		const topic = after.topics[index];
		const lengths = Object.fromEntries(JOB_STATES.map((state) => [state, after.lists[name]?.[state].length]));
		if (topic !== null) expect(topic?.counts, 'counts are what the lists hold').toEqual(lengths);
	});
}

function checkFields(job: Job): void {
	const { state, unique } = job;
	const has = {
		runAt: job.runAt !== null,
		lease: job.leaseExpiresAt !== null,
		finished: job.finishedAt !== null,
		reason: job.reason !== null,
	};
	expect(has, `${job.id} is ${state}`).toEqual({
		// One that is queued behind another with its key has no time.
		runAt: state === 'delayed' && (unique === undefined || has.runAt),
		lease: state === 'active',
		finished: state === 'completed' || state === 'dead' || state === 'cancelled',
		reason: state === 'dead' || state === 'cancelled',
	});
	if (state !== 'active') expect(job.worker, `${job.id} is ${state} and nobody has it`).toBeNull();
	// A push with its key may replace a job, and the new job may allow fewer attempts than the old one has used.
	if (unique === undefined)
		expect(job.attempt, `${job.id}: attempt ≤ maxAttempts`).toBeLessThanOrEqual(job.maxAttempts);
}

function checkTokensGrow(before: Snapshot, after: Snapshot): void {
	before.jobs.forEach((job, index) => {
		const later = after.jobs[index];
		if (!job || !later) return;
		expect(later.token, `${job.id}: the token grows`).toBeGreaterThanOrEqual(job.token);
		const delivered = later.state === 'active' && job.state !== 'active';
		if (delivered) expect(later.token, `${job.id}: a delivery has a new token`).toBeGreaterThan(job.token);
	});
}

/** A job that was waiting or delayed is still there, unless it ended by itself and its topic keeps no such jobs. */
function checkNoneLost(before: Snapshot, after: Snapshot): void {
	before.jobs.forEach((job, index) => {
		const open = job?.state === 'waiting' || job?.state === 'delayed';
		const endsByItself = job?.ttlMs !== undefined || job?.unique !== undefined;
		if (open && !endsByItself) expect(after.jobs[index], `${job.id} was ${job.state} and is lost`).not.toBeNull();
	});
}

/** New deliveries: each lane's head first, no priority before a higher one, one token more than before. */
export function checkDeliveries(before: Snapshot, taken: TakenJob[]): void {
	for (const topic of TOPICS) {
		// A job that was queued behind another may be freed by the take itself.
		const stoodAll = before.lists[topic]?.waiting ?? [];
		const jobs = taken.filter(({ id }) => stoodAll.some((job) => job.id === id));
		const priorities = jobs.map(({ priority }) => priority);
		expect(priorities, 'a higher priority goes first').toEqual([...priorities].sort((a, b) => b - a));
		const lane = (job: { priority: number; group: string | null }) => JSON.stringify([job.priority, job.group]);
		for (const name of new Set(jobs.map(lane))) {
			const ids = jobs.filter((job) => lane(job) === name).map(({ id }) => id);
			// One whose time to start was over is not delivered.
			const stood = stoodAll.filter((job) => lane(job) === name && (job.ttlMs === undefined || ids.includes(job.id)));
			expect(ids, 'first in, first out').toEqual(stood.slice(0, ids.length).map(({ id }) => id));
		}
		for (const { id, token } of taken.filter((job) => job.topic === topic)) {
			const known = before.jobs.find((job) => job?.id === id);
			expect(token, `the next token of ${id}`).toBe((known?.token ?? Number.NaN) + 1);
		}
	}
}
