import type { Job } from '../../src/core/job.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { Group } from '../../src/engine/engine.ts';
import { insist } from './insist.ts';
import { jobsOf, runOf, type Seen } from './seen.ts';
import { KEYS, type Snapshot, TOPICS } from './world.ts';

/** What holds of groups, limits, keys and time limits after every step, said without the model. */
export function checkFlow(before: Snapshot, after: Snapshot, seen: Seen): void {
	for (const topic of TOPICS) {
		checkTopicLimit(topic, before, after);
		for (const group of after.groups[topic] ?? []) checkGroup(topic, group, before, after);
		checkKeys(topic, after);
	}
	for (const job of jobsOf(after)) checkTimes(job, seen);
}

function settingsOf(topic: string, snapshot: Snapshot) {
	return snapshot.topics[TOPICS.indexOf(topic)]?.settings ?? {};
}

function openJobs(topic: string, snapshot: Snapshot): Job[] {
	const lists = snapshot.lists[topic];
	return lists === undefined ? [] : [...lists.waiting, ...lists.delayed, ...lists.active];
}

/** Above a limit, as when it was lowered, a step may only take away. */
function checkTopicLimit(topic: string, before: Snapshot, after: Snapshot): void {
	const limit = settingsOf(topic, after).concurrency ?? Number.POSITIVE_INFINITY;
	const active = after.lists[topic]?.active.length ?? 0;
	const was = before.lists[topic]?.active.length ?? 0;
	insist(active <= Math.max(limit, was), `active jobs of topic ${topic}, within its limit`, active, limit);
}

function checkGroup(topic: string, { group, active, waiting, settings }: Group, before: Snapshot, after: Snapshot) {
	const what = `group ${group} of ${topic}`;
	const jobs = openJobs(topic, after).filter((job) => job.group === group);
	const count = (state: Job['state']) => jobs.filter((job) => job.state === state).length;
	insist(waiting === count('waiting'), `${what}: jobs waiting`, waiting, count('waiting'));
	insist(active >= count('active'), `${what}: each active job has a slot`, active, jobs);
	insist(active <= count('active') + count('delayed'), `${what}: no slot without a job`, active, jobs);
	const limit = settings.concurrency ?? settingsOf(topic, after).groups?.concurrency ?? Number.POSITIVE_INFINITY;
	const was = before.groups[topic]?.find((known) => known.group === group)?.active ?? 0;
	insist(active <= Math.max(limit, was), `${what}: slots in use, within its limit`, active, limit, was);
}

/** One unfinished holder a key, and none that waits for nobody. */
function checkKeys(topic: string, after: Snapshot): void {
	for (const key of KEYS) {
		const jobs = openJobs(topic, after).filter((job) => job.unique?.key === key);
		const [queued, others] = [jobs.filter(isQueued), jobs.filter((job) => !isQueued(job))];
		const holders = others.filter((job) => job.unique?.scope === 'unfinished');
		insist(holders.length <= 1, `one unfinished holder of key ${key} of ${topic}`, holders);
		insist(queued.length === 0 || others.length > 0, `a holder of ${key}, for which jobs wait`, queued);
	}
}

function isQueued({ state, runAt }: Job): boolean {
	return state === 'delayed' && runAt === null;
}

function checkTimes(job: Job, seen: Seen): void {
	const { id, history, timeoutMs } = job;
	insist(history.length <= LIMITS.history, 'a history is short', job);
	const began = seen.runs.get(runOf(job));
	if (job.state !== 'active' || began === undefined) return;
	const runUntil = timeoutMs === undefined ? Number.POSITIVE_INFINITY : began + timeoutMs;
	insist((job.leaseExpiresAt ?? 0) <= runUntil, 'a lease ends within the time to run', job, began);
	const startBy = seen.startBy.get(id) ?? Number.POSITIVE_INFINITY;
	insist(began < startBy, 'a run begins in time', job, began, startBy);
}
