import type { Blocking } from '../../core/explanation.ts';
import { LIMITS } from '../../core/limits.ts';
import { opensBy, topicBlocks } from './flow.ts';
import { forgetPast } from './gates.ts';
import type { GroupEntry } from './groups.ts';
import { groupOf, type Lane } from './lanes.ts';
import { nextUp } from './next-up.ts';
import type { Store } from './store.ts';
import { AT_ONCE, isTimed, type TopicEntry } from './topic-entry.ts';

/** How lanes are held, and how they go back into their rings. What still holds their group is found when their turn comes. */

export function hold(store: Store, topic: TopicEntry, group: GroupEntry, lane: Lane, reason: Blocking): void {
	store.lanes.hold(lane);
	const opening = opensBy(reason);
	if (opening === null) return;
	// Of the times that were found for the lanes of a group the first counts: each is looked at again then.
	group.opening = Math.min(group.opening ?? opening, opening);
	store.groups.touch(group);
	store.topics.expect(topic, 'open', opening, store.now);
}

/** A take was refused whatever it asks for: those who wait ask again when the reason goes. */
export function holdTopic(store: Store, topic: TopicEntry, reason: Blocking): void {
	const opening = opensBy(reason);
	if (opening === null) return;
	store.topics.expect(topic, 'open', opening, store.now);
	// Also when the topic is to be looked at before: whoever sweeps does not wake up for that.
	store.hints.add(topic.name, opening - store.now);
}

/** The group's lanes that were held go back into their rings. */
export function reopen(store: Store, topic: TopicEntry, group: string): void {
	for (const lane of store.lanes.heldOf(topic, group)) store.lanes.enter(topic, lane);
}

/** The group's rules have changed, or its pause. */
export function reopenGroup(store: Store, topic: TopicEntry, group: GroupEntry): void {
	group.opening = null;
	store.groups.touch(group);
	reopen(store, topic, group.name);
}

/** The topic's rules have changed: every held lane goes back, a bounded number of them at once. */
export function reopenAll(store: Store, topic: TopicEntry): void {
	store.groups.clearOpenings(topic, store.now);
	topic.reopenFrom = '';
	goOnReopening(store, topic);
	if (topic.counts.waiting === 0) return;
	store.topics.lookAgain(topic);
	store.topics.hintWork(topic);
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
	topic.next.open = AT_ONCE;
}

/** What has come due lets lanes go back: first all that were held under former rules, then groups by their time and name. */
export function openDue(store: Store, topic: TopicEntry): void {
	const { now, groups, topics } = store;
	if (topic.next.open === null || topic.next.open > now) return;
	goOnReopening(store, topic);
	for (const group of groups.due(topic, now, LIMITS.lanesLookedAt)) reopenGroup(store, topic, group);
	forgetPast(topic, now);
	// When the topic itself gives jobs again, a sweep finds out; a take sees it.
	const isLeft = topic.reopenFrom !== null || (isTimed(topic) && topic.counts.waiting > 0);
	topic.next.open = isLeft ? AT_ONCE : groups.firstOpening(topic);
	topics.touch(topic);
}

/** When lanes of the topic go back, or the topic itself gives jobs again; null for no such time. */
export function nextOpening(store: Store, topic: TopicEntry): number | null {
	if (topic.reopenFrom !== null) return AT_ONCE;
	const times = [topicOpening(store, topic), store.groups.firstOpening(topic)].filter((at) => at !== null);
	return times.length === 0 ? null : Math.min(...times);
}

/** When time lets a topic go on that has jobs and gives none; null for one that time does not hold back. */
export function topicOpening(store: Store, topic: TopicEntry): number | null {
	if (topic.counts.waiting === 0 || !isTimed(topic)) return null;
	const ends = [...topicBlocks(topic, store.now, 0)].map(opensBy);
	if (ends.length === 0) return nextUp(store, topic)?.rate?.opensAt ?? null;
	return ends.includes(null) ? null : Math.max(...ends.map((end) => end ?? 0));
}
