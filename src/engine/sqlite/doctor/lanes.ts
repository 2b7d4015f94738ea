import { LIMITS } from '../../../core/limits.ts';
import { groupBlocks } from '../flow.ts';
import { groupOf, type Lane, priorityOf } from '../lanes.ts';
import { Slots } from '../slots.ts';
import type { Store } from '../store.ts';
import { pageOf, type Walk, type Ward } from './findings.ts';

/** Lanes with more jobs are not counted anew: that would hold up everybody else. */
const MOST_COUNTED = 50_000;

const COUNT = 'SELECT count(*) AS count FROM (SELECT 1 FROM jobs WHERE lane = ? AND state = 0 LIMIT ?)';

/** How many jobs wait in a lane, counted up to a bound. */
export function countIn(store: Store, lane: Lane, most: number = Number.MAX_SAFE_INTEGER): number {
	return store.sql.get<{ count: number }>(COUNT, [lane.id, most])?.count ?? 0;
}

/** Each lane of a topic holds as many jobs as it says, and those that are held have what holds them. */
export const walkLanes: Walk<Ward> = (ward, after, room) => {
	const { store, topic } = ward;
	const from = { rank: after?.[0] ?? Number.MIN_SAFE_INTEGER, name: after?.[1] ?? '' };
	// The one that was looked at last comes again.
	const found = store.lanes.byName(topic, room + 1, from);
	const isNew = ({ rank, name }: Lane) => after === null || rank !== from.rank || name !== from.name;
	const lanes = found.filter(isNew).slice(0, room);
	for (const lane of lanes) {
		lookAtSize(ward, lane);
		if (lane.held === 1 && lane.size > 0) lookAtHold(ward, lane);
	}
	return pageOf(lanes, room, ({ rank, name }) => [rank, name]);
};

function targetOf(lane: Lane): string {
	const group = groupOf(lane);
	return `lane ${priorityOf(lane)}${group === null ? '' : `:${group}`}`;
}

function lookAtSize({ store, findings }: Ward, lane: Lane): void {
	const count = countIn(store, lane, MOST_COUNTED + 1);
	if (count === lane.size || count > MOST_COUNTED) return;
	if (count === 0) {
		findings.report('empty_lane', targetOf(lane), 'its ring', () => store.lanes.resize(lane, 0));
		return;
	}
	const numbers = `${lane.size} jobs by the count of the lane, and ${count} when they are counted`;
	findings.report('count_differs', targetOf(lane), numbers, () => store.lanes.resize(lane, count));
}

/** Whatever takes away what holds a group lets its lanes go back, or has said when they do. */
function lookAtHold({ store, topic, findings }: Ward, lane: Lane): void {
	const name = groupOf(lane);
	if (name !== null) {
		const group = store.groups.find(topic, name);
		const [block] = groupBlocks(topic, group, store.now, new Slots(store, topic), () => LIMITS.cost);
		if (block !== undefined || group.opening !== null || topic.reopenFrom !== null) return;
	}
	const detail = 'is held, and nothing holds its group';
	findings.report('no_ring', targetOf(lane), detail, () => store.lanes.enter(topic, lane));
}
