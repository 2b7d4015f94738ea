import type { Job, TakenJob } from '../../core/job.ts';
import { LIMITS } from '../../core/limits.ts';
import type { SettingsPatch, TopicSettings } from '../../core/settings.ts';
import type * as seam from '../engine.ts';
import { type Answer, durabilityIn, resultsIn, settingsIn } from './answers.ts';
import { Calls } from './calls.ts';
import { Deliveries } from './deliveries.ts';
import { allDone, BodyBound, inParts, listText, sized } from './parts.ts';
import { Pushes } from './pushes.ts';
import { Reads } from './reads.ts';
import { Transport, type TransportOptions } from './transport.ts';

export interface RemoteEngineOptions extends TransportOptions {
	/** Deadline of every call, in ms; a take that waits has its wait on top. Default 5000. */
	deadlineMs?: number;
}

/** A second more than a server gives its own store, so that the server's answer comes first. */
const DEFAULT_DEADLINE_MS = LIMITS.callDeadlineMs + 1_000;

/**
 * The jobs of a Millrace server, over HTTP. It needs a `fetch` and nothing of Node.
 *
 * Calls are repeated within their deadline where that does no harm, so a caller sees UNAVAILABLE or AMBIGUOUS only after it. What
 * a repetition can't hide:
 *
 * - a settle or an extend whose first reply was lost answers `stale` (or `missing`) when the first try was done;
 * - a push under the caller's own key answers `duplicate` then. Without a key the engine takes one of its own and answers `created`;
 * - retryJobs and deleteJobs are not repeated once they may have been done, and throw AMBIGUOUS.
 */
export class RemoteEngine implements seam.Engine {
	readonly supports = {
		persistence: true,
		sharing: true,
		sweeps: false,
		hints: false,
		waiting: true,
		policy: true,
	};
	readonly #calls: Calls;
	readonly #bound = new BodyBound();
	readonly #pushes: Pushes;
	readonly #deliveries: Deliveries;
	readonly #reads: Reads;
	#durability: seam.Durability = 'memory';

	/** @throws INVALID for a URL that is no server's, or headers that HTTP does not allow */
	constructor({ deadlineMs = DEFAULT_DEADLINE_MS, ...options }: RemoteEngineOptions) {
		this.#calls = new Calls(new Transport(options), deadlineMs);
		const { calls, bound } = { calls: this.#calls, bound: this.#bound };
		const onDurability = (durability: seam.Durability) => {
			this.#durability = durability;
		};
		this.#pushes = new Pushes({ calls, bound, onDurability });
		this.#deliveries = new Deliveries(calls, bound);
		this.#reads = new Reads(calls, bound);
	}

	get durability(): seam.Durability {
		return this.#durability;
	}

	/** @throws UNAVAILABLE when no server that is ready answers within the deadline; STORE_REFUSED when the URL is not one's */
	open(): Promise<void> {
		return this.ping();
	}

	/** Leaves the calls under way half a second to end by themselves. */
	close(): Promise<void> {
		return this.#calls.close();
	}

	async ping(): Promise<void> {
		const call = { method: 'GET', path: '/readyz', kind: 'read', read: durabilityIn } as const;
		this.#durability = await this.#calls.run(call);
	}

	push(batches: seam.PushBatch[]): Promise<seam.PushResult[]> {
		return this.#pushes.push(batches);
	}

	take(request: seam.TakeRequest, wait?: seam.Wait): Promise<TakenJob[]> {
		return this.#deliveries.take(request, wait);
	}

	settle(outcomes: seam.Outcome[]): Promise<seam.SettleResult[]> {
		return this.#deliveries.settle(outcomes);
	}

	settleAndTake(outcomes: seam.Outcome[], request: seam.TakeRequest, wait?: seam.Wait) {
		return this.#deliveries.settleAndTake(outcomes, request, wait);
	}

	extend(leases: seam.Lease[], leaseMs: number): Promise<seam.ExtendResult[]> {
		return this.#deliveries.extend(leases, leaseMs);
	}

	promote(): Promise<seam.Sweep> {
		return this.#noSweep();
	}

	reclaim(): Promise<seam.Sweep> {
		return this.#noSweep();
	}

	prune(): Promise<seam.Sweep> {
		return this.#noSweep();
	}

	getJobs(ids: string[]): Promise<(Job | null)[]> {
		return this.#reads.getJobs(ids);
	}

	listJobs(query: seam.JobQuery): Promise<seam.JobPage> {
		return this.#reads.listJobs(query);
	}

	getTopics(topics: string[]): Promise<(seam.Topic | null)[]> {
		return this.#reads.getTopics(topics);
	}

	listTopics(query: seam.TopicQuery): Promise<seam.TopicPage> {
		return this.#reads.listTopics(query);
	}

	putTopic(topic: string, patch: SettingsPatch): Promise<TopicSettings> {
		const path = `/v1/topics/${encodeURIComponent(topic)}`;
		const body = JSON.stringify(patch);
		return this.#calls.run({ method: 'PATCH', path, body, kind: 'repeatable', read: settingsIn });
	}

	async pauseTopic(topic: string, paused: boolean): Promise<void> {
		const path = `/v1/topics/${encodeURIComponent(topic)}/${paused ? 'pause' : 'resume'}`;
		await this.#calls.run({ method: 'POST', path, kind: 'repeatable', read: settingsIn });
	}

	retryJobs(ids: string[]): Promise<seam.ActionResult[]> {
		return this.#act('/v1/jobs/retry', ids);
	}

	deleteJobs(ids: string[]): Promise<seam.ActionResult[]> {
		return this.#act('/v1/jobs/delete', ids);
	}

	/** There are no hints: a take that waits does so in the server. */
	onWork(_listener: (hint: seam.WorkHint) => void): () => void {
		return () => {};
	}

	/** Every server sweeps its store itself. */
	async #noSweep(): Promise<seam.Sweep> {
		this.#calls.refuseWhenClosed();
		return { count: 0, more: false, nextInMs: null };
	}

	async #act(path: string, ids: string[]): Promise<seam.ActionResult[]> {
		this.#calls.refuseWhenClosed();
		const items = ids.map((id) => sized(JSON.stringify(id)));
		const send = (part: typeof items) => {
			const body = `{"ids":${listText(part)}}`;
			const read = (answer: Answer) => resultsIn<seam.ActionResult>(answer, 'results', part.length);
			return this.#calls.run({ method: 'POST', path, body, kind: 'once', read });
		};
		return (await allDone(inParts(items, this.#bound, send))).flat();
	}
}
