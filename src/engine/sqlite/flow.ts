import type { Blocking } from '../../core/explanation.ts';
import { LIMITS } from '../../core/limits.ts';
import { opensAt, started } from '../../core/rate.ts';
import type { GroupLimits } from '../../core/settings.ts';
import { isParked, isPaused } from './gates.ts';
import type { GroupEntry } from './groups.ts';
import type { Slots } from './slots.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topic-entry.ts';

/**
 * What holds a topic or a group back. Takes and explanations ask the same functions, which give their reasons one by one: a take needs the first.
 */

export function limitsOf(topic: TopicEntry, group: GroupEntry): GroupLimits {
	return { ...topic.settings.groups, ...group.settings };
}

/** With a limit of one, a group is strict order. */
export function isOrdered(store: Store, topic: TopicEntry, group: string | null): boolean {
	return group !== null && limitsOf(topic, store.groups.find(topic, group)).concurrency === 1;
}

/** Whether the group may have been found blocked. Whatever took its rules away has let its lanes go back. */
export function hasRules(topic: TopicEntry, group: GroupEntry): boolean {
	const { concurrency, rate } = limitsOf(topic, group);
	return group.paused || group.parkedUntil !== null || concurrency !== undefined || rate !== undefined;
}

/**
 * What a pause, a park and a limit of the topic say, whatever job is asked for.
 *
 * @param starting - jobs that start in the call under way
 */
export function* topicBlocks(topic: TopicEntry, now: number, starting: number): Generator<Blocking, void> {
	if (isPaused(topic, now)) yield { code: 'topic_paused', until: topic.pausedUntil };
	if (isParked(topic, now)) yield { code: 'topic_parked', until: topic.parkedUntil ?? now };
	const limit = topic.settings.concurrency;
	if (limit !== undefined && topic.counts.active + starting >= limit) yield { code: 'topic_limit', limit, heldBy: [] };
}

/** @param cost - of the job that is asked for; only read where there is a rate */
export function topicRateBlock(topic: TopicEntry, now: number, cost: () => number): Blocking | undefined {
	const { rate } = topic.settings;
	if (rate === undefined) return undefined;
	const opens = opensAt(topic.starts, rate, cost(), now);
	return opens > now ? { code: 'topic_rate', opensAt: opens } : undefined;
}

export function* groupBlocks(
	topic: TopicEntry,
	entry: GroupEntry,
	now: number,
	slots: Slots,
	cost: () => number,
): Generator<Blocking, void> {
	const group = entry.name;
	if (isPaused(entry, now)) yield { code: 'group_paused', group, until: entry.pausedUntil };
	if (isParked(entry, now)) yield { code: 'group_parked', group, until: entry.parkedUntil ?? now };
	const { concurrency: limit, rate } = limitsOf(topic, entry);
	if (limit !== undefined && slots.used(group, limit) >= limit) yield { code: 'group_limit', group, limit, heldBy: [] };
	if (rate === undefined) return;
	const opens = opensAt(entry.starts, rate, cost(), now);
	if (opens > now) yield { code: 'group_rate', group, opensAt: opens };
}

/** When a reason goes by itself; null when it does not. */
export function opensBy(reason: Blocking): number | null {
	if ('opensAt' in reason) return reason.opensAt;
	return 'until' in reason ? reason.until : null;
}

/** Counts a start where a rate holds. */
export function countStart(store: Store, topic: TopicEntry, group: GroupEntry | undefined, cost: number): void {
	const { rate } = topic.settings;
	if (rate !== undefined) topic.starts = started(topic.starts, rate, cost, store.now);
	const own = group && limitsOf(topic, group).rate;
	if (group === undefined || own === undefined) return;
	group.starts = started(group.starts, own, cost, store.now);
	store.groups.touch(group);
}

const SLOTS = 'SELECT number FROM jobs WHERE topic = ? AND grp = ? AND slot = 1 ORDER BY number LIMIT ?';
const ACTIVE = 'SELECT number FROM jobs WHERE topic = ? AND state = 2 ORDER BY at, number LIMIT ?';

/** The numbers of jobs that fill a limit, a few of them. */
export function holders(store: Store, topic: TopicEntry, reason: Blocking): number[] {
	const rows =
		reason.code === 'group_limit'
			? store.sql.all<{ number: number }>(SLOTS, [topic.id, reason.group, LIMITS.namedHolders])
			: store.sql.all<{ number: number }>(ACTIVE, [topic.id, LIMITS.namedHolders]);
	return rows.map(({ number }) => number);
}
