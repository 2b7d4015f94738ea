import { expect } from 'vitest';
import { JOB_STATES, type Job, type TakenJob } from '../../src/core/job.ts';
import { type Snapshot, TOPICS } from './world.ts';

/** What holds after every step, said without the model: a mistake made in both would show here. */
export function checkInvariants(before: Snapshot, after: Snapshot, forgets: boolean): void {
	checkOneState(after);
	checkCounts(after);
	for (const job of listed(after)) {
		checkFields(job);
		expect(job.attempt, `${job.id}: attempt ≤ maxAttempts`).toBeLessThanOrEqual(job.maxAttempts);
	}
	checkTokensGrow(before, after);
	if (!forgets) checkNoneLost(before, after);
}

function listed(snapshot: Snapshot): Job[] {
	return TOPICS.flatMap((topic) => JOB_STATES.flatMap((state) => snapshot.lists[topic]?.[state] ?? []));
}

/** Every job stands in exactly one list, that of its state, and getJobs tells the same. */
function checkOneState(after: Snapshot): void {
	const jobs = listed(after);
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
	const { state } = job;
	const has = {
		runAt: job.runAt !== null,
		lease: job.leaseExpiresAt !== null,
		finished: job.finishedAt !== null,
		reason: job.reason !== null,
	};
	expect(has, `${job.id} is ${state}`).toEqual({
		runAt: state === 'delayed',
		lease: state === 'active',
		finished: state === 'completed' || state === 'dead',
		reason: state === 'dead',
	});
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

/** A job that was waiting or delayed is still there, and one that was active is or has finished. */
function checkNoneLost(before: Snapshot, after: Snapshot): void {
	before.jobs.forEach((job, index) => {
		const open = job?.state === 'waiting' || job?.state === 'delayed';
		if (open) expect(after.jobs[index], `${job.id} was ${job.state} and is lost`).not.toBeNull();
	});
}

/** New deliveries: each lane's head first, no priority before a higher one, one token more than before. */
export function checkDeliveries(before: Snapshot, taken: TakenJob[]): void {
	for (const topic of TOPICS) {
		const jobs = taken.filter((job) => job.topic === topic);
		const waiting = before.lists[topic]?.waiting ?? [];
		const priorities = jobs.map(({ priority }) => priority);
		expect(priorities, 'a higher priority goes first').toEqual([...priorities].sort((a, b) => b - a));
		const lane = (job: { priority: number; group: string | null }) => JSON.stringify([job.priority, job.group]);
		for (const name of new Set(jobs.map(lane))) {
			const ids = jobs.filter((job) => lane(job) === name).map(({ id }) => id);
			const stood = waiting.filter((job) => lane(job) === name).map(({ id }) => id);
			expect(ids, 'first in, first out').toEqual(stood.slice(0, ids.length));
		}
		for (const job of jobs) {
			const token = waiting.find(({ id }) => id === job.id)?.token;
			expect(job.token, 'the next token').toBe((token ?? Number.NaN) + 1);
		}
	}
}
