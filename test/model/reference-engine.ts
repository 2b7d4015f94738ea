import type { Clock } from '../../src/core/clock.ts';
import { NOTHING_EXAMINED } from '../../src/core/doctor.ts';
import { MillraceError } from '../../src/core/errors.ts';
import type { Explanation } from '../../src/core/explanation.ts';
import { parseId } from '../../src/core/ids.ts';
import type { Job, JobState, TakenJob } from '../../src/core/job.ts';
import { toRawJson } from '../../src/core/json.ts';
import { LIMITS } from '../../src/core/limits.ts';
import {
	type GroupPatch,
	type GroupSettings,
	patchSettings,
	type SettingsPatch,
	type TopicSettings,
} from '../../src/core/settings.ts';
import { FORGETTABLE, startsOf, TRANSITIONS, transitionOf } from '../../src/core/transitions.ts';
import * as seam from '../../src/engine/engine.ts';
import { Announcements } from './announcements.ts';
import { MemoryDocuments } from './documents.ts';
import { handIn, park, refusal } from './ends.ts';
import { explain } from './explaining.ts';
import * as flow from './flow.ts';
import * as model from './model.ts';
import * as moves from './moves.ts';
import { pushJob } from './pushing.ts';
import { requeue } from './requeue.ts';
import * as retention from './retention.ts';
import { inSight } from './sights.ts';
import { fallDue, sweep, trimAfter } from './upkeep.ts';
import { groupView, jobView, listInOrder, readCursor, takenView, topicView } from './views.ts';

/** The model behind the engines' own interface, so that one suite and one set of commands serve both. */
export class ReferenceEngine implements seam.Engine {
	readonly supports = { persistence: false, sharing: false, ...seam.DIRECT };
	readonly durability = 'memory';
	readonly documents = new MemoryDocuments(() => this.#now());
	readonly keys = new MemoryDocuments(() => this.#now());
	readonly #clock: Clock;
	readonly #topics = new Map<string, model.ModelTopic>();
	readonly #announcements = new Announcements();
	#closed = false;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	async open(): Promise<void> {}

	async close(): Promise<void> {
		this.#closed = true;
	}

	async ping(): Promise<void> {
		this.#now();
	}

	async push(batches: seam.PushBatch[]): Promise<seam.PushResult[]> {
		const now = this.#now();
		return batches.map((batch) => this.#pushBatch(batch, now));
	}

	async take(request: seam.TakeRequest): Promise<TakenJob[]> {
		const now = this.#now();
		const topics = request.topics.flatMap((name) => this.#topics.get(name) ?? []);
		return this.#remembered(topics, request, now) ?? this.#takeNew(topics, request, now);
	}

	async settle(outcomes: seam.Outcome[]): Promise<seam.SettleResult[]> {
		const now = this.#now();
		const together: model.ModelJob[] = [];
		const results = outcomes.map((outcome): seam.SettleResult => {
			const [topic, job] = this.#find(outcome.id);
			if (topic === undefined || job === undefined) return { status: 'missing' };
			if (job.state !== 'active' || job.token !== outcome.token) return refusal(job);
			handIn(job, outcome, now);
			const { delayMs = 0, parkMs } = outcome;
			moves.apply(topic, job, transitionOf(outcome.outcome, outcome.reason), { now, delayMs, together });
			if (parkMs !== undefined) park(topic, job.group, now + parkMs);
			return { status: 'ok', state: job.state, at: now };
		});
		const settled = outcomes.filter((_, index) => results[index]?.status === 'ok').map(({ id }) => id);
		trimAfter(this.#topics, settled);
		this.#announcements.hintWhatGives(this.#topics, now);
		return results;
	}

	async settleAndTake(outcomes: seam.Outcome[], request: seam.TakeRequest) {
		const settled = await this.settle(outcomes);
		return { settled, jobs: await this.take(request) };
	}

	async extend(leases: seam.Lease[], leaseMs: number): Promise<seam.ExtendResult[]> {
		const now = this.#now();
		return leases.map(({ id, token, progress, started }) => {
			const [, job] = this.#find(id);
			if (job === undefined) return { status: 'missing' };
			if (job.state !== 'active' || job.token !== token) return refusal(job);
			if (job.runUntil !== null && job.runUntil <= now) return { status: 'stale' };
			job.leaseExpiresAt = Math.min(now + leaseMs, job.runUntil ?? Number.POSITIVE_INFINITY);
			if (progress !== undefined) job.progress = progress;
			if (started) job.started = true;
			return { status: 'ok', leaseExpiresAt: job.leaseExpiresAt };
		});
	}

	async promote(): Promise<seam.Sweep> {
		const now = this.#now();
		const topics = [...this.#topics.values()];
		const gone = topics.flatMap((topic) => fallDue(this.#topics, topic, now));
		const swept = sweep(this.#topics, 'promote', now);
		this.#announcements.hintWhatGives(this.#topics, now);
		const next = Math.min(...topics.flatMap(inSight));
		const nextInMs = next === Number.POSITIVE_INFINITY ? null : Math.max(0, next - now);
		return { ...swept, count: swept.count + gone.length, nextInMs };
	}

	async reclaim(): Promise<seam.Sweep> {
		const now = this.#now();
		const swept = sweep(this.#topics, 'reclaim', now);
		this.#announcements.hintWhatGives(this.#topics, now);
		return swept;
	}

	async prune(): Promise<seam.Sweep> {
		const now = this.#now();
		const going = [...this.#topics.values()].flatMap((topic) => retention.beyondRetention(topic, now));
		const gone = going.slice(0, LIMITS.sweep);
		for (const job of gone) this.#topic(job.topic).jobs.delete(job.id);
		return { count: gone.length, more: going.length > gone.length, nextInMs: null };
	}

	async getJobs(ids: string[]): Promise<(Job | null)[]> {
		this.#now();
		return ids.map((id) => {
			const [, job] = this.#find(id);
			return job === undefined ? null : jobView(job);
		});
	}

	/** The cursor names every job shown so far: long, and plainly right whatever moves meanwhile. */
	async listJobs(query: seam.JobQuery): Promise<seam.JobPage> {
		this.#now();
		const shown = readCursor(query.cursor);
		const topic = this.#topics.get(query.topic);
		const rest = topic === undefined ? [] : listInOrder(topic, query.state).filter((job) => !shown.has(job.id));
		const page = rest.slice(0, query.limit);
		const seen = [...shown, ...page.map((job) => job.id)];
		return { jobs: page.map(jobView), nextCursor: rest.length > page.length ? JSON.stringify(seen) : null };
	}

	async getTopics(topics: string[]): Promise<(seam.Topic | null)[]> {
		const now = this.#now();
		return topics.map((name) => {
			const topic = this.#topics.get(name);
			return topic === undefined ? null : topicView(topic, now);
		});
	}

	async listTopics(query: seam.TopicQuery): Promise<seam.TopicPage> {
		const now = this.#now();
		const names = [...this.#topics.keys()].sort().filter((name) => query.cursor === null || name > query.cursor);
		const page = names.slice(0, query.limit);
		const topics = page.flatMap((name) => this.#topics.get(name) ?? []).map((topic) => topicView(topic, now));
		return { topics, nextCursor: names.length > page.length ? (page.at(-1) ?? null) : null };
	}

	async putTopic(name: string, patch: SettingsPatch): Promise<TopicSettings> {
		const now = this.#now();
		const topic = this.#topic(name);
		topic.settings = patchSettings(topic.settings, patch);
		const hasBudget = topic.settings.waitingBytes !== undefined || topic.settings.finishedBytes !== undefined;
		topic.countedFrom = hasBudget ? (topic.countedFrom ?? topic.lastNumber) : null;
		topic.opening = null;
		flow.reopenAll(topic);
		this.#announcements.hintWhatGives(this.#topics, now);
		return topic.settings;
	}

	async pauseTopic(name: string, paused: boolean, until: number | null = null): Promise<void> {
		const now = this.#now();
		const topic = this.#topic(name);
		topic.paused = paused;
		topic.pausedUntil = paused ? until : null;
		topic.opening = topic.pausedUntil;
		if (!paused) topic.parkedUntil = null;
		this.#announcements.hintWhatGives(this.#topics, now);
	}

	async putGroup(name: string, group: string, patch: GroupPatch): Promise<GroupSettings> {
		const now = this.#now();
		const topic = this.#topic(name);
		const known = model.groupOf(topic, group);
		known.settings = patchSettings(known.settings, patch);
		known.opening = null;
		flow.reopen(topic, group);
		this.#announcements.hintWhatGives(this.#topics, now);
		return known.settings;
	}

	async pauseGroup(name: string, group: string, paused: boolean, until: number | null = null): Promise<void> {
		const now = this.#now();
		const topic = this.#topic(name);
		const known = model.groupOf(topic, group);
		known.paused = paused;
		known.pausedUntil = paused ? until : null;
		if (!paused) known.parkedUntil = null;
		// Also when it is paused anew: a pause with an end may follow one without.
		known.opening = known.pausedUntil;
		flow.reopen(topic, group);
		this.#announcements.hintWhatGives(this.#topics, now);
	}

	async getGroups(name: string, groups: string[]): Promise<seam.Group[]> {
		const now = this.#now();
		const topic = this.#topics.get(name) ?? model.newTopic(name);
		return groups.map((group) => groupView(topic, group, now));
	}

	async listGroups({ topic: name, cursor, limit }: seam.GroupQuery): Promise<seam.GroupPage> {
		const now = this.#now();
		const topic = this.#topics.get(name) ?? model.newTopic(name);
		const own = [...topic.groups].filter(([, group]) => {
			return Object.keys(group.settings).length > 0 || flow.isPaused(group, now);
		});
		const names = own.map(([group]) => group).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
		const shown = readCursor(cursor);
		const rest = names.filter((group) => !shown.has(group));
		const page = rest.slice(0, limit);
		const nextCursor = rest.length > page.length ? JSON.stringify([...shown, ...page]) : null;
		return { groups: page.map((group) => groupView(topic, group, now)), nextCursor };
	}

	async explainJobs(ids: string[]): Promise<(Explanation | null)[]> {
		const now = this.#now();
		for (const name of new Set(ids.map((id) => parseId(id)?.topic ?? ''))) {
			const topic = this.#topics.get(name);
			if (topic !== undefined) fallDue(this.#topics, topic, now);
		}
		return ids.map((id) => {
			const [topic, job] = this.#find(id);
			return topic === undefined || job === undefined ? null : explain(topic, job, now);
		});
	}

	async retryJobs(ids: string[], states?: readonly JobState[]): Promise<seam.ActionResult[]> {
		const now = this.#now();
		const from = startsOf(TRANSITIONS.requeue.from, states);
		return ids.map((id) => {
			const [topic, job] = this.#find(id);
			if (topic === undefined || job === undefined) return { status: 'missing' };
			const result = requeue(topic, job, { now, from });
			this.#announcements.hintWhatGives(this.#topics, now);
			return result;
		});
	}

	async promoteJobs(ids: string[]): Promise<seam.ActionResult[]> {
		const now = this.#now();
		const together: model.ModelJob[] = [];
		return ids.map((id) => {
			const [topic, job] = this.#find(id);
			if (topic === undefined || job === undefined) return { status: 'missing' };
			if (job.state !== 'delayed' || moves.isQueued(topic, job)) return { status: 'refused', state: job.state };
			moves.apply(topic, job, TRANSITIONS.promote, { now, together });
			this.#announcements.hintWhatGives(this.#topics, now);
			return { status: 'ok' };
		});
	}

	async cancelJobs(
		ids: string[],
		{ actor, reason }: seam.CancelledBy,
		states?: readonly JobState[],
	): Promise<seam.ActionResult[]> {
		const now = this.#now();
		const from = startsOf(TRANSITIONS.cancel.from, states);
		const running: string[] = [];
		const results = ids.map((id): seam.ActionResult => {
			const [topic, job] = this.#find(id);
			if (topic === undefined || job === undefined) return { status: 'missing' };
			if (!from.includes(job.state)) return { status: 'refused', state: job.state };
			if (job.state === 'active') running.push(id);
			moves.tell(job, 'cancelled', now, actor, reason === null ? null : toRawJson(reason));
			moves.apply(topic, job, TRANSITIONS.cancel, { now });
			return { status: 'ok' };
		});
		const cancelled = ids.filter((_, index) => results[index]?.status === 'ok');
		trimAfter(this.#topics, cancelled);
		this.#announcements.tellCancelled(running);
		this.#announcements.hintWhatGives(this.#topics, now);
		return results;
	}

	async deleteJobs(ids: string[], states?: readonly JobState[]): Promise<seam.ActionResult[]> {
		const now = this.#now();
		const from = startsOf(FORGETTABLE, states);
		return ids.map((id) => {
			const [topic, job] = this.#find(id);
			if (topic === undefined || job === undefined) return { status: 'missing' };
			if (!from.includes(job.state)) return { status: 'refused', state: job.state };
			moves.remove(topic, job, now);
			this.#announcements.hintWhatGives(this.#topics, now);
			return { status: 'ok' };
		});
	}

	onCancel(listener: (ids: string[]) => void): () => void {
		return this.#announcements.onCancel(listener);
	}

	/** There is one record of each job here, and nothing that could differ from it. */
	async examine(_examination: seam.Examination): Promise<seam.Examined> {
		this.#now();
		return NOTHING_EXAMINED;
	}

	onWork(listener: (hint: seam.WorkHint) => void): () => void {
		return this.#announcements.onWork(listener);
	}

	#now(): number {
		if (this.#closed) throw new MillraceError('CLOSED', 'The engine is closed');
		return this.#clock();
	}

	/** The topic, made when there is none. */
	#topic(name: string): model.ModelTopic {
		const topic = this.#topics.get(name) ?? model.newTopic(name);
		this.#topics.set(name, topic);
		return topic;
	}

	#find(id: string): [model.ModelTopic | undefined, model.ModelJob | undefined] {
		const topic = this.#topics.get(parseId(id)?.topic ?? '');
		return [topic, topic?.jobs.get(id)];
	}

	#pushBatch({ topic: name, jobs, idempotency }: seam.PushBatch, now: number): seam.PushResult {
		const topic = this.#topic(name);
		const first = topic.pushes.get(idempotency?.key ?? '');
		if (idempotency !== undefined && first !== undefined && now < first.until) {
			const same = first.answer.fingerprint === idempotency.fingerprint;
			return { status: same ? 'duplicate' : 'conflict', ids: first.answer.ids };
		}
		if (!retention.hasRoom(topic, jobs)) return { status: 'full' };
		const running = new Set(model.inState(topic, 'active').map(({ id }) => id));
		const created = this.#announcements.hintIfEarlier(topic, 'runAt', now, () =>
			jobs.map((job) => pushJob(topic, job, now)),
		);
		const cancelled = created.flatMap(({ unique }) => unique?.former ?? []);
		trimAfter(this.#topics, cancelled);
		this.#announcements.tellCancelled(cancelled.filter((id) => running.has(id)));
		if (idempotency !== undefined) {
			const answer = { fingerprint: idempotency.fingerprint, ids: created.map(({ id }) => id) };
			topic.pushes.set(idempotency.key, { answer, until: now + LIMITS.idempotencyTtlMs });
		}
		this.#announcements.hint(name, 0);
		return { status: 'created', jobs: created };
	}

	/** What is still live of the take that the request repeats; undefined when it repeats none. */
	#remembered(topics: model.ModelTopic[], { requestId }: seam.TakeRequest, now: number): TakenJob[] | undefined {
		if (requestId === undefined) return undefined;
		const memories = topics.flatMap((topic) => topic.takes.get(requestId) ?? []).filter(({ until }) => now < until);
		if (memories.length === 0) return undefined;
		return memories
			.flatMap(({ answer }) => answer)
			.flatMap(({ id, token }) => {
				const [, job] = this.#find(id);
				return job?.state === 'active' && job.token === token ? [takenView(job)] : [];
			});
	}

	#takeNew(topics: model.ModelTopic[], request: seam.TakeRequest, now: number): TakenJob[] {
		const { max, leaseMs, requestId, worker, marks } = request;
		const taken: model.ModelJob[] = [];
		for (const topic of topics) {
			const before = taken.length;
			if (before === max) break;
			fallDue(this.#topics, topic, now);
			this.#announcements.hintIfEarlier(topic, 'leaseExpiresAt', now, () => {
				while (taken.length < max) {
					const job = flow.nextJob(topic, now, true);
					if (job === undefined) break;
					moves.start(topic, job, { now, leaseMs, worker, marks });
					taken.push(job);
				}
			});
			// Where no lane may give a job there is nothing to open: the job that comes wakes who waits, and their take finds out.
			const waits = topic.lanes.some(({ held }) => !held);
			if (taken.length < max) topic.opening = waits ? flow.topicOpens(topic, now) : null;
			const answer = taken.slice(before).map(({ id, token }) => ({ id, token }));
			if (requestId !== undefined && answer.length > 0) topic.takes.set(requestId, { answer, until: now + leaseMs });
		}
		return taken.map(takenView);
	}
}
