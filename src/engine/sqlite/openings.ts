import type { Blocking } from '../../core/explanation.ts';
import { LIMITS } from '../../core/limits.ts';
import { opensBy } from './flow.ts';
import type { GroupEntry } from './groups.ts';
import { groupOf, type Lane } from './lanes.ts';
import type { Store } from './store.ts';
import { AT_ONCE, type TopicEntry } from './topic-entry.ts';

/** How lanes are held, and how they go back into their rings. What still holds their group is found when their turn comes. */

export function hold(store: Store, topic: TopicEntry, group: GroupEntry, lane: Lane, reason: Blocking): void {
	store.lanes.hold(lane);
	const opening = opensBy(reason);
	// Of the times that were found for the lanes of a group the first counts: each is looked at again then.
	if (opening !== null) openGroupAt(store, topic, group, Math.min(group.opening ?? opening, opening));
}

export function openGroupAt(store: Store, topic: TopicEntry, group: GroupEntry, at: number | null): void {
	group.opening = at;
	store.groups.touch(group);
	if (at !== null) store.topics.expect(topic, 'open', at, store.now);
}

/** A take has come to the end of what it could get: those who wait ask again when all of these reasons have gone. */
export function openTopicWithout(store: Store, topic: TopicEntry, reasons: Blocking[]): void {
	const ends = reasons.map(opensBy);
	const known = ends.length > 0 && !ends.includes(null);
	openTopicAt(store, topic, known ? Math.max(...ends.map((end) => end ?? 0)) : null);
}

export function openTopicAt(store: Store, topic: TopicEntry, at: number | null): void {
	if (topic.opening === at) return;
	topic.opening = at;
	store.topics.touch(topic);
	if (at !== null) store.topics.expect(topic, 'open', at, store.now);
}

/** The group's lanes that were held go back into their rings. */
export function reopen(store: Store, topic: TopicEntry, group: string): void {
	for (const lane of store.lanes.heldOf(topic, group)) store.lanes.enter(topic, lane);
}

/** The topic's rules have changed: every held lane goes back, a bounded number of them at once. */
export function reopenAll(store: Store, topic: TopicEntry): void {
	store.groups.clearOpenings(topic, store.now);
	openTopicAt(store, topic, null);
	topic.reopenFrom = '';
	goOnReopening(store, topic);
	if (topic.counts.waiting > 0) store.topics.hintWork(topic);
}

function goOnReopening(store: Store, topic: TopicEntry): void {
	if (topic.reopenFrom === null) return;
	const lanes = store.lanes.held(topic, topic.reopenFrom, LIMITS.lanesLookedAt);
	for (const lane of lanes) store.lanes.enter(topic, lane);
	const last = lanes.length < LIMITS.lanesLookedAt ? undefined : lanes.at(-1);
	topic.reopenFrom = last?.name ?? null;
	store.topics.touch(topic);
	if (last === undefined) return;
	// The last group's lanes of other priorities.
	reopen(store, topic, groupOf(last) ?? '');
	store.topics.expect(topic, 'open', AT_ONCE, store.now);
}

/** What has come due lets lanes go back: first all that were held under former rules, then groups by their time and name. */
export function openDue(store: Store, topic: TopicEntry): void {
	const { now, groups, topics } = store;
	if (topic.next.open === null || topic.next.open > now) return;
	goOnReopening(store, topic);
	if (topic.opening !== null && topic.opening <= now) openTopicAt(store, topic, null);
	for (const group of groups.due(topic, now, LIMITS.lanesLookedAt)) {
		openGroupAt(store, topic, group, null);
		reopen(store, topic, group.name);
	}
	topic.next.open = nextOpening(store, topic);
	topics.touch(topic);
	if (topic.counts.waiting > 0) topics.hintWork(topic);
}

/** When lanes of the topic go back, or those who wait for it ask again; null for no such time. */
export function nextOpening(store: Store, topic: TopicEntry): number | null {
	if (topic.reopenFrom !== null) return AT_ONCE;
	const times = [topic.opening, store.groups.firstOpening(topic)].filter((at) => at !== null);
	return times.length === 0 ? null : Math.min(...times);
}
