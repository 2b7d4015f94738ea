import type { JobState } from '../core/job.ts';
import { LIMITS } from '../core/limits.ts';
import type { GroupPatch, SettingsPatch } from '../core/settings.ts';
import { Batcher } from './batcher.ts';
import type {
	CancelledBy,
	Engine,
	Examination,
	ExtendResult,
	GroupQuery,
	JobQuery,
	Lease,
	Outcome,
	PushBatch,
	PushResult,
	SettleResult,
	TakeRequest,
	TopicQuery,
	Wait,
	WorkHint,
} from './engine.ts';

/** Payload of one flush at most: keeps a script of large jobs short. */
const MAX_BYTES = 4_194_304;
const IN_FLIGHT = 2;

interface LeaseFor {
	lease: Lease;
	leaseMs: number;
}

function pushBytes({ jobs }: PushBatch): number {
	return jobs.reduce((sum, job) => sum + job.data.length, 0);
}

function outcomeBytes({ result, error }: Outcome): number {
	return (result?.length ?? 0) + (error?.length ?? 0);
}

/** Leases that are extended by the same time go in one call. */
async function extendAll(engine: Engine, items: LeaseFor[]): Promise<ExtendResult[]> {
	const results = new Array<ExtendResult>(items.length);
	const lengths = new Set(items.map(({ leaseMs }) => leaseMs));
	const calls = [...lengths].map(async (leaseMs) => {
		const places = [...items.keys()].filter((i) => items[i]?.leaseMs === leaseMs);
		const leases = places.map((i) => items[i]?.lease).filter((lease) => lease !== undefined);
		const extended = await engine.extend(leases, leaseMs);
		for (const [i, place] of places.entries()) results[place] = extended[i] ?? { status: 'missing' };
	});
	await Promise.all(calls);
	return results;
}

/** `engine`, with the calls that come together joined into batches. */
export function batching(engine: Engine): Engine {
	return new BatchingEngine(engine);
}

/**
 * An engine whose callers push, settle and extend one job at a time and still get batch speed: calls that arrive while an
 * earlier one is under way are joined. Each caller gets its own results; a failed call fails all that were joined in it.
 */
class BatchingEngine implements Engine {
	readonly #inner: Engine;
	readonly #pushes: Batcher<PushBatch, PushResult>;
	/** Those that wait for another machine, apart, so that no others wait with them. What comes meanwhile shares the next wait. */
	readonly #slowPushes: Batcher<PushBatch, PushResult>;
	readonly #outcomes: Batcher<Outcome, SettleResult>;
	readonly #leases: Batcher<LeaseFor, ExtendResult>;

	constructor(inner: Engine) {
		this.#inner = inner;
		const split = inner.supports.order;
		const bounds = { maxWeight: LIMITS.batch, maxBytes: MAX_BYTES, inFlight: IN_FLIGHT, split };
		const pushing = {
			...bounds,
			flush: (batches: PushBatch[]) => inner.push(batches),
			weigh: ({ jobs }: PushBatch) => jobs.length,
			bytes: pushBytes,
		};
		this.#pushes = new Batcher(pushing);
		this.#slowPushes = new Batcher({ ...pushing, inFlight: 1 });
		this.#outcomes = new Batcher({
			...bounds,
			flush: (outcomes) => inner.settle(outcomes),
			weigh: () => 1,
			bytes: outcomeBytes,
		});
		this.#leases = new Batcher({
			...bounds,
			flush: (items) => extendAll(inner, items),
			weigh: () => 1,
			bytes: () => 0,
		});
	}

	get supports() {
		return this.#inner.supports;
	}

	get durability() {
		return this.#inner.durability;
	}

	get documents() {
		return this.#inner.documents;
	}

	get keys() {
		return this.#inner.keys ?? null;
	}

	get notices() {
		return this.#inner.notices;
	}

	get operations() {
		return this.#inner.operations;
	}

	open() {
		return this.#inner.open();
	}

	close() {
		return this.#inner.close();
	}

	ping() {
		return this.#inner.ping();
	}

	push(batches: PushBatch[]) {
		const isSlow = batches.some(({ durability }) => durability !== undefined);
		return (isSlow ? this.#slowPushes : this.#pushes).run(batches);
	}

	settle(outcomes: Outcome[]) {
		return this.#outcomes.run(outcomes);
	}

	extend(leases: Lease[], leaseMs: number) {
		return this.#leases.run(leases.map((lease) => ({ lease, leaseMs })));
	}

	take(request: TakeRequest, wait?: Wait) {
		return this.#inner.take(request, wait);
	}

	settleAndTake(outcomes: Outcome[], request: TakeRequest, wait?: Wait) {
		return this.#inner.settleAndTake(outcomes, request, wait);
	}

	promote() {
		return this.#inner.promote();
	}

	reclaim() {
		return this.#inner.reclaim();
	}

	prune() {
		return this.#inner.prune();
	}

	getJobs(ids: string[]) {
		return this.#inner.getJobs(ids);
	}

	listJobs(query: JobQuery) {
		return this.#inner.listJobs(query);
	}

	getTopics(topics: string[]) {
		return this.#inner.getTopics(topics);
	}

	listTopics(query: TopicQuery) {
		return this.#inner.listTopics(query);
	}

	putTopic(topic: string, patch: SettingsPatch) {
		return this.#inner.putTopic(topic, patch);
	}

	pauseTopic(topic: string, paused: boolean, until?: number | null) {
		return this.#inner.pauseTopic(topic, paused, until);
	}

	putGroup(topic: string, group: string, patch: GroupPatch) {
		return this.#inner.putGroup(topic, group, patch);
	}

	pauseGroup(topic: string, group: string, paused: boolean, until?: number | null) {
		return this.#inner.pauseGroup(topic, group, paused, until);
	}

	getGroups(topic: string, groups: string[]) {
		return this.#inner.getGroups(topic, groups);
	}

	listGroups(query: GroupQuery) {
		return this.#inner.listGroups(query);
	}

	explainJobs(ids: string[]) {
		return this.#inner.explainJobs(ids);
	}

	retryJobs(ids: string[], states?: readonly JobState[]) {
		return this.#inner.retryJobs(ids, states);
	}

	promoteJobs(ids: string[]) {
		return this.#inner.promoteJobs(ids);
	}

	cancelJobs(ids: string[], by: CancelledBy, states?: readonly JobState[]) {
		return this.#inner.cancelJobs(ids, by, states);
	}

	deleteJobs(ids: string[], states?: readonly JobState[]) {
		return this.#inner.deleteJobs(ids, states);
	}

	examine(examination: Examination) {
		return this.#inner.examine(examination);
	}

	onWork(listener: (hint: WorkHint) => void) {
		return this.#inner.onWork(listener);
	}

	onCancel(listener: (ids: string[]) => void) {
		return this.#inner.onCancel(listener);
	}
}
