import { LIMITS } from '../../core/limits.ts';
import { groupBlocks, type RateBlock, topicBlocks, topicRateBlock } from './flow.ts';
import { Heads } from './heads.ts';
import { groupOf } from './lanes.ts';
import { Slots } from './slots.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topic-entry.ts';
import { Turns } from './turns.ts';

/** The job that a take comes to, by its row, and whether the topic's rate keeps it from getting it. */
export interface NextUp {
	id: number;
	rate: RateBlock | undefined;
}

/** What a take would come to, without holding any lane; undefined when it gets nothing, or not within the lanes that one take looks at. */
export function nextUp(store: Store, topic: TopicEntry): NextUp | undefined {
	const [closed] = topicBlocks(topic, store.now, 0);
	if (closed !== undefined || topic.counts.waiting === 0) return undefined;
	const turns = new Turns(store, topic, 1);
	const heads = new Heads(store);
	const slots = new Slots(store, topic);
	for (let looked = 0; looked < LIMITS.lanesLookedAt; looked++) {
		const lane = turns.next();
		if (lane === undefined) return undefined;
		const group = groupOf(lane);
		const cost = () => heads.peek(lane).terms.cost ?? 1;
		const entry = group === null ? undefined : store.groups.find(topic, group);
		const [blocked] = entry === undefined ? [] : groupBlocks(topic, entry, store.now, slots, cost);
		if (blocked !== undefined) continue;
		return { id: heads.peek(lane).id, rate: topicRateBlock(topic, store.now, cost) };
	}
	return undefined;
}
