import type { Explanation } from '../../core/explanation.ts';
import type { Job, JobState, TakenJob } from '../../core/job.ts';
import { LIMITS } from '../../core/limits.ts';
import type { GroupPatch, GroupSettings, SettingsPatch, TopicSettings } from '../../core/settings.ts';
import type * as seam from '../engine.ts';
import { type Answer, durabilityIn, resultsIn, settingsIn } from './answers.ts';
import { Calls } from './calls.ts';
import { Deliveries } from './deliveries.ts';
import { examine } from './doctor.ts';
import { RemoteOperations } from './operations.ts';
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
 * - a push under the caller's own key answers `duplicate` then. Without a key the engine takes one of its own and answers `created`, but
 *   can't say what became of a unique key;
 * - what is done to jobs by their ids (retry, promote, cancel, delete) is not repeated once it may have been done, and throws AMBIGUOUS.
 */
export class RemoteEngine implements seam.Engine {
	readonly supports = {
		persistence: true,
		sharing: true,
		sweeps: false,
		hints: false,
		waiting: true,
		policy: true,
		order: false,
		anyJson: false,
	};
	readonly documents = null;
	readonly operations: RemoteOperations;
	readonly #calls: Calls;
	readonly #bound = new BodyBound();
	readonly #pushes: Pushes;
	readonly #deliveries: Deliveries;
	readonly #reads: Reads;
	readonly #cancelListeners = new Set<(ids: string[]) => void>();
	#durability: seam.Durability = 'memory';

	/** @throws INVALID for a URL that is no server's, or headers that HTTP does not allow */
	constructor({ deadlineMs = DEFAULT_DEADLINE_MS, ...options }: RemoteEngineOptions) {
		this.#calls = new Calls(new Transport(options), deadlineMs);
		const { calls, bound } = { calls: this.#calls, bound: this.#bound };
		const onDurability = (durability: seam.Durability) => {
			this.#durability = durability;
		};
		this.#pushes = new Pushes({ calls, bound, onDurability });
		this.#deliveries = new Deliveries(calls, bound, (ids) => {
			for (const listener of this.#cancelListeners) listener(ids);
		});
		this.#reads = new Reads(calls, bound);
		this.operations = new RemoteOperations(calls);
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
		return this.#patch(pathOf(topic), patch);
	}

	pauseTopic(topic: string, paused: boolean, until?: number | null): Promise<void> {
		return this.#pause(pathOf(topic), paused, until);
	}

	putGroup(topic: string, group: string, patch: GroupPatch): Promise<GroupSettings> {
		return this.#patch(pathOf(topic, group), patch);
	}

	pauseGroup(topic: string, group: string, paused: boolean, until?: number | null): Promise<void> {
		return this.#pause(pathOf(topic, group), paused, until);
	}

	getGroups(topic: string, groups: string[]): Promise<seam.Group[]> {
		return this.#reads.getGroups(topic, groups);
	}

	listGroups(query: seam.GroupQuery): Promise<seam.GroupPage> {
		return this.#reads.listGroups(query);
	}

	explainJobs(ids: string[]): Promise<(Explanation | null)[]> {
		return this.#reads.explainJobs(ids);
	}

	retryJobs(ids: string[], states?: readonly JobState[]): Promise<seam.ActionResult[]> {
		return this.#act('/v1/jobs/retry', ids, { states });
	}

	promoteJobs(ids: string[]): Promise<seam.ActionResult[]> {
		return this.#act('/v1/jobs/promote', ids);
	}

	cancelJobs(
		ids: string[],
		{ actor, reason }: seam.CancelledBy,
		states?: readonly JobState[],
	): Promise<seam.ActionResult[]> {
		return this.#act('/v1/jobs/cancel', ids, { actor: actor ?? undefined, reason: reason ?? undefined, states });
	}

	deleteJobs(ids: string[], states?: readonly JobState[]): Promise<seam.ActionResult[]> {
		return this.#act('/v1/jobs/delete', ids, { states });
	}

	examine(examination: seam.Examination): Promise<seam.Examined> {
		return examine(this.#calls, examination);
	}

	/** There are no hints: a take that waits does so in the server. */
	onWork(_listener: (hint: seam.WorkHint) => void): () => void {
		return () => {};
	}

	/** Told by the server to a take that waits and says whose it is. */
	onCancel(listener: (ids: string[]) => void): () => void {
		this.#cancelListeners.add(listener);
		return () => this.#cancelListeners.delete(listener);
	}

	/** Every server sweeps its store itself. */
	async #noSweep(): Promise<seam.Sweep> {
		this.#calls.refuseWhenClosed();
		return { count: 0, more: false, nextInMs: null };
	}

	#patch<S extends object>(path: string, patch: object): Promise<S> {
		const body = JSON.stringify(patch);
		return this.#calls.run({ method: 'PATCH', path, body, kind: 'repeatable', read: settingsIn<S> });
	}

	async #pause(path: string, paused: boolean, until: number | null = null): Promise<void> {
		const call = { method: 'POST', kind: 'repeatable', read: settingsIn } as const;
		if (!paused) await this.#calls.run({ ...call, path: `${path}/resume` });
		else await this.#calls.run({ ...call, path: `${path}/pause`, body: until === null ? '{}' : `{"until":${until}}` });
	}

	/** @param more goes with every request; what is undefined in it does not */
	async #act(path: string, ids: string[], more: object = {}): Promise<seam.ActionResult[]> {
		this.#calls.refuseWhenClosed();
		const also = Object.entries(more)
			.filter(([, value]) => value !== undefined)
			.map(([key, value]) => `,"${key}":${JSON.stringify(value)}`)
			.join('');
		const items = ids.map((id) => sized(JSON.stringify(id)));
		const send = (part: typeof items) => {
			const body = `{"ids":${listText(part)}${also}}`;
			const read = (answer: Answer) => resultsIn<seam.ActionResult>(answer, 'results', part.length);
			return this.#calls.run({ method: 'POST', path, body, kind: 'once', read });
		};
		return (await allDone(inParts(items, this.#bound, send))).flat();
	}
}

function pathOf(topic: string, group?: string): string {
	const path = `/v1/topics/${encodeURIComponent(topic)}`;
	return group === undefined ? path : `${path}/groups/${encodeURIComponent(group)}`;
}
