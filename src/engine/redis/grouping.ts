import { MillraceError } from '../../core/errors.ts';
import { type JobId, parseId } from '../../core/ids.ts';
import { isConnectionError, isDemoted } from './replies.ts';

/** Items of one topic, with the places that they had among all. */
export interface TopicGroup<Item> {
	topic: string;
	items: Item[];
	places: number[];
}

/** Splits items by topic, and each topic's into groups of at most `size`. Items without a topic are left out. */
export function byTopic<Item>(
	items: Item[],
	topicOf: (item: Item) => string | undefined,
	size: number,
): TopicGroup<Item>[] {
	const open = new Map<string, TopicGroup<Item>>();
	const groups: TopicGroup<Item>[] = [];
	for (const [place, item] of items.entries()) {
		const topic = topicOf(item);
		if (topic === undefined) continue;
		let group = open.get(topic);
		if (group === undefined || group.items.length === size) {
			group = { topic, items: [], places: [] };
			open.set(topic, group);
			groups.push(group);
		}
		group.items.push(item);
		group.places.push(place);
	}
	return groups;
}

/**
 * Runs one call per group and puts the results back in the order of the items; `absent` stands for items without a topic.
 * When some groups were done and another failed, the whole is AMBIGUOUS.
 */
export async function scatter<Item, Result>(
	count: number,
	absent: Result,
	groups: TopicGroup<Item>[],
	call: (group: TopicGroup<Item>) => Promise<Result[]>,
): Promise<Result[]> {
	const results = new Array<Result>(count).fill(absent);
	const outcomes = await Promise.allSettled(groups.map(call));
	const rejected = outcomes.filter((outcome) => outcome.status === 'rejected');
	// The whole is then repeated, over another client.
	const broken = rejected.find(({ reason }) => isConnectionError(reason) || isDemoted(reason));
	const failed = broken ?? rejected[0];
	if (failed !== undefined)
		throw broken !== undefined || outcomes.length === 1 ? failed.reason : partlyDone(outcomes, failed.reason);
	for (const [g, outcome] of outcomes.entries()) {
		if (outcome.status === 'rejected') continue;
		for (const [i, place] of (groups[g]?.places ?? []).entries()) results[place] = outcome.value[i] ?? absent;
	}
	return results;
}

function partlyDone(outcomes: PromiseSettledResult<unknown>[], cause: unknown): unknown {
	if (outcomes.every((outcome) => outcome.status === 'rejected')) return cause;
	return new MillraceError('AMBIGUOUS', 'Some topics of the call were done and others failed.', { cause });
}

/** An item with its parsed id; items whose id can't be one have no topic. */
export function withId<Item extends { id: string }>(item: Item): { item: Item; id: JobId | undefined } {
	return { item, id: parseId(item.id) };
}
