import { LIMITS } from '../../core/limits.ts';
import { countStart, groupBlocks, limitsOf, topicBlocks, topicRateBlock } from './flow.ts';
import type { GroupEntry } from './groups.ts';
import { type Head, Heads } from './heads.ts';
import { readJob } from './jobs.ts';
import { groupOf, type Lane } from './lanes.ts';
import { Moves } from './moves.ts';
import { hold, openTopicWithout } from './openings.ts';
import { Slots } from './slots.ts';
import type { Store } from './store.ts';
import type { TopicEntry } from './topic-entry.ts';
import { Turns } from './turns.ts';

/** How many jobs are read at once where a rate may hold back all but the first. */
const RATED_AHEAD = 8;

/**
 * Which jobs of a topic one take gets: the lanes have their turns, each gives the job at its head, and those whose group is found blocked are
 * held.
 */
export class Serving {
	readonly #store: Store;
	readonly #topic: TopicEntry;
	readonly #room: number;
	readonly #turns: Turns;
	readonly #heads: Heads;
	readonly #slots: Slots;
	readonly #served: Head[] = [];
	#held = 0;

	constructor(store: Store, topic: TopicEntry, room: number) {
		this.#store = store;
		this.#topic = topic;
		this.#room = room;
		this.#turns = new Turns(store, topic, room);
		this.#heads = new Heads(store);
		this.#slots = new Slots(store, topic);
	}

	run(): Head[] {
		while (this.#served.length < this.#room) {
			const closed = [...topicBlocks(this.#topic, this.#store.now, this.#served.length)];
			const lane = closed.length > 0 ? undefined : this.#turns.next();
			if (lane === undefined) {
				openTopicWithout(this.#store, this.#topic, closed);
				break;
			}
			if (!this.#serve(lane)) break;
		}
		return this.#served;
	}

	/** Has one lane's turn. Returns whether another may have one. */
	#serve(lane: Lane): boolean {
		const { groups, now } = this.#store;
		const name = groupOf(lane);
		const group = name === null ? undefined : groups.find(this.#topic, name);
		const cost = () => this.#heads.peek(lane).terms.cost ?? 1;
		if (group !== undefined) {
			const [blocked] = groupBlocks(this.#topic, group, now, this.#slots, cost);
			if (blocked !== undefined) {
				hold(this.#store, this.#topic, group, lane, blocked);
				return this.#mayLookOn();
			}
		}
		const closed = topicRateBlock(this.#topic, now, cost);
		if (closed === undefined) this.#start(lane, group);
		else openTopicWithout(this.#store, this.#topic, [closed]);
		return closed === undefined;
	}

	/** Beyond a bound on what it looks at, a take ends, and whoever waits takes once more. */
	#mayLookOn(): boolean {
		this.#held++;
		if (this.#held < LIMITS.lanesLookedAt) return true;
		this.#store.topics.hintWork(this.#topic);
		return false;
	}

	#start(lane: Lane, group: GroupEntry | undefined): void {
		const head = this.#heads.take(lane, this.#ahead(group));
		this.#store.lanes.serve(this.#topic, lane);
		countStart(this.#store, this.#topic, group, head.terms.cost ?? 1);
		if (group !== undefined) this.#slots.fill(group.name);
		this.#served.push(head);
		const joined = head.terms.unique?.scope === 'waiting' ? this.#giveUpKey(head) : undefined;
		if (lane.size > 0 && lane.held === 0) this.#turns.add(lane);
		if (joined !== undefined && joined.held === 0 && !this.#turns.has(joined)) this.#turns.add(joined);
	}

	/** Returns the lane that the next in line has joined. */
	#giveUpKey({ id }: Head): Lane | undefined {
		const job = readJob(this.#store, this.#topic, id);
		if (job === undefined) return undefined;
		const moves = new Moves(this.#store);
		const next = moves.giveUpKey(job);
		moves.write();
		if (next?.state !== 'waiting') return undefined;
		return this.#store.lanes.find(this.#topic, next.priority, next.group);
	}

	/** How many jobs a lane is likely to give. */
	#ahead(group: GroupEntry | undefined): number {
		const rest = Math.ceil((this.#room - this.#served.length) / (this.#turns.length + 1));
		const { concurrency, rate } = group === undefined ? {} : limitsOf(this.#topic, group);
		const isRated = rate !== undefined || this.#topic.settings.rate !== undefined;
		const most = isRated ? Math.min(rest, RATED_AHEAD) : rest;
		if (group === undefined || concurrency === undefined) return most;
		return Math.min(most, concurrency - this.#slots.used(group.name, concurrency));
	}
}
