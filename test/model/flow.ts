import type { Blocking } from '../../src/core/explanation.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { opensAt, started } from '../../src/core/rate.ts';
import type { GroupSettings } from '../../src/core/settings.ts';
import { byGroup, enterRing, lanesInTurn } from './lanes.ts';
import { groupOf, inState, type ModelGroup, type ModelJob, type ModelTopic } from './model.ts';

/** What holds a topic or a group back, decided from what there is at this moment. */

export function limitsOf(topic: ModelTopic, group: string): GroupSettings {
	return { ...topic.settings.groups, ...topic.groups.get(group)?.settings };
}

/** With a limit of one, a group is strict order. */
export function isOrdered(topic: ModelTopic, group: string | null): boolean {
	return group !== null && limitsOf(topic, group).concurrency === 1;
}

export function slotsOf(topic: ModelTopic, group: string): ModelJob[] {
	return [...topic.jobs.values()].filter((job) => job.slot && job.group === group).sort((a, b) => a.number - b.number);
}

/** What a pause, a park and a limit of the topic say, whatever job is asked for. */
export function topicBlocks(topic: ModelTopic, now: number): Blocking[] {
	const reasons: Blocking[] = [];
	if (isPaused(topic, now)) reasons.push({ code: 'topic_paused', until: topic.pausedUntil });
	const { parkedUntil } = topic;
	if (parkedUntil !== null && parkedUntil > now) reasons.push({ code: 'topic_parked', until: parkedUntil });
	const limit = topic.settings.concurrency;
	if (limit === undefined) return reasons;
	const active = inState(topic, 'active').sort(byLease);
	if (active.length >= limit) reasons.push({ code: 'topic_limit', limit, heldBy: named(active) });
	return reasons;
}

export function topicRateBlocks(topic: ModelTopic, job: ModelJob, now: number): Blocking[] {
	const { rate } = topic.settings;
	if (rate === undefined) return [];
	const opens = opensAt(topic.starts, rate, job.cost ?? 1, now);
	return opens > now ? [{ code: 'topic_rate', opensAt: opens }] : [];
}

export function groupBlocks(topic: ModelTopic, job: ModelJob, now: number): Blocking[] {
	const name = job.group;
	if (name === null) return [];
	const group = groupOf(topic, name);
	const reasons: Blocking[] = [];
	if (isPaused(group, now)) reasons.push({ code: 'group_paused', group: name, until: group.pausedUntil });
	const { parkedUntil } = group;
	if (parkedUntil !== null && parkedUntil > now)
		reasons.push({ code: 'group_parked', group: name, until: parkedUntil });
	const { concurrency: limit, rate } = limitsOf(topic, name);
	const slots = limit === undefined ? [] : slotsOf(topic, name);
	if (limit !== undefined && slots.length >= limit) {
		reasons.push({ code: 'group_limit', group: name, limit, heldBy: named(slots) });
	}
	const opens = rate === undefined ? now : opensAt(group.starts, rate, job.cost ?? 1, now);
	if (opens > now) reasons.push({ code: 'group_rate', group: name, opensAt: opens });
	return reasons;
}

function byLease(a: ModelJob, b: ModelJob): number {
	return (a.leaseExpiresAt ?? 0) - (b.leaseExpiresAt ?? 0) || a.number - b.number;
}

function named(jobs: ModelJob[]): string[] {
	return jobs.slice(0, LIMITS.namedHolders).map(({ id }) => id);
}

export function isPaused(
	{ paused, pausedUntil }: { paused: boolean; pausedUntil: number | null },
	now: number,
): boolean {
	return paused && (pausedUntil === null || pausedUntil > now);
}

/** The job that a take gets next, and the lanes that it finds blocked on its way are held. */
export function nextJob(topic: ModelTopic, now: number, hold: boolean): ModelJob | undefined {
	if (topicBlocks(topic, now).length > 0) return undefined;
	for (const lane of lanesInTurn(topic)) {
		const [job] = lane.jobs;
		if (job === undefined) continue;
		const [first] = groupBlocks(topic, job, now);
		if (first === undefined) return topicRateBlocks(topic, job, now).length > 0 ? undefined : job;
		if (!hold) continue;
		lane.held = true;
		if (lane.group !== null) opensAtLatest(groupOf(topic, lane.group), opensBy(first));
	}
	return undefined;
}

/** When a reason goes by itself. */
function opensBy(reason: Blocking): number | null {
	if (reason.code === 'group_rate') return reason.opensAt;
	return reason.code === 'group_paused' || reason.code === 'group_parked' ? reason.until : null;
}

/** When a topic that gives no job now may give one, as far as it is known. */
export function topicOpens(topic: ModelTopic, now: number): number | null {
	const ends = topicBlocks(topic, now).map((block) => ('until' in block ? block.until : null));
	if (ends.some((end) => end === null)) return null;
	if (ends.length > 0) return Math.max(...ends.map((end) => end ?? 0));
	const heads = lanesInTurn(topic).flatMap(({ jobs }) => jobs.slice(0, 1));
	const next = heads.find((job) => groupBlocks(topic, job, now).length === 0);
	const [rate] = next === undefined ? [] : topicRateBlocks(topic, next, now);
	return rate?.code === 'topic_rate' ? rate.opensAt : null;
}

/** Of the times that were found for the lanes of a group the first counts: each lane is looked at again then. */
function opensAtLatest(group: ModelGroup, opening: number | null): void {
	if (opening !== null) group.opening = Math.min(group.opening ?? opening, opening);
}

/** The group's lanes that were held go back into their rings. What still holds the group is found when their turn comes. */
export function reopen(topic: ModelTopic, group: string | null): void {
	for (const lane of topic.lanes) if (lane.held && lane.group === group) enterRing(topic, lane);
}

/** Every held lane goes back, by the names of the groups: the rules may have changed. */
export function reopenAll(topic: ModelTopic): void {
	for (const group of topic.groups.values()) group.opening = null;
	const held = topic.lanes.filter((lane) => lane.held).sort(byGroup);
	for (const lane of held) enterRing(topic, lane);
}

/** The topic and the groups whose time has come; these by that time and by name. */
export function openDue(topic: ModelTopic, now: number): void {
	if (topic.opening !== null && topic.opening <= now) topic.opening = null;
	const due = [...topic.groups].filter(([, { opening }]) => opening !== null && opening <= now);
	due.sort(([a, x], [b, y]) => (x.opening ?? 0) - (y.opening ?? 0) || byGroup({ group: a }, { group: b }));
	for (const [name, group] of due) {
		group.opening = null;
		reopen(topic, name);
	}
}

/** Counts a start where a rate holds. */
export function countStart(topic: ModelTopic, { group: name, cost = 1 }: ModelJob, now: number): void {
	const { rate } = topic.settings;
	if (rate !== undefined) topic.starts = started(topic.starts, rate, cost, now);
	if (name === null) return;
	const group = groupOf(topic, name);
	const own = limitsOf(topic, name).rate;
	if (own !== undefined) group.starts = started(group.starts, own, cost, now);
}
