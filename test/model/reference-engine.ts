import type { Clock } from '../../src/core/clock.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { formatId, parseId } from '../../src/core/ids.ts';
import type { Job, NewJob, TakenJob } from '../../src/core/job.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { patchSettings, type SettingsPatch, type TopicSettings } from '../../src/core/settings.ts';
import * as seam from '../../src/engine/engine.ts';
import * as model from './model.ts';

import { jobView, listInOrder, readCursor, takenView, topicView } from './views.ts';

/** The model behind the engines' own interface, so that one suite and one set of commands serve both. */
export class ReferenceEngine implements seam.Engine {
	readonly supports = { persistence: false, sharing: false, ...seam.DIRECT };
	readonly durability = 'memory';
	readonly #clock: Clock;
	readonly #topics = new Map<string, model.ModelTopic>();
	readonly #listeners = new Set<(hint: seam.WorkHint) => void>();
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
		const released: model.ModelJob[] = [];
		const results = outcomes.map((outcome): seam.SettleResult => {
			const [topic, job] = this.#find(outcome.id);
			if (topic === undefined || job === undefined) return { status: 'missing' };
			if (job.state !== 'active' || job.token !== outcome.token) return { status: 'stale' };
			if (outcome.outcome === 'complete') job.result = outcome.result ?? null;
			if (outcome.outcome === 'retry' || outcome.outcome === 'kill') job.error = outcome.error ?? null;
			this.#apply(topic, job, outcome.outcome, {
				now,
				delayMs: outcome.delayMs ?? 0,
				together: released,
				reason: outcome.reason,
			});
			if (outcome.outcome === 'release') released.push(job);
			return { status: 'ok', state: job.state, at: now };
		});
		const settled = outcomes.filter((_, index) => results[index]?.status === 'ok').map(({ id }) => id);
		this.#trimAfter(settled);
		return results;
	}

	async settleAndTake(outcomes: seam.Outcome[], request: seam.TakeRequest) {
		const settled = await this.settle(outcomes);
		return { settled, jobs: await this.take(request) };
	}

	async extend(leases: seam.Lease[], leaseMs: number): Promise<seam.ExtendResult[]> {
		const now = this.#now();
		return leases.map(({ id, token, progress }) => {
			const [, job] = this.#find(id);
			if (job === undefined) return { status: 'missing' };
			if (job.state !== 'active' || job.token !== token) return { status: 'stale' };
			job.leaseExpiresAt = now + leaseMs;
			if (progress !== undefined) job.progress = progress;
			return { status: 'ok', leaseExpiresAt: job.leaseExpiresAt };
		});
	}

	async promote(): Promise<seam.Sweep> {
		return this.#sweep('delayed', (job) => job.runAt, 'promote');
	}

	async reclaim(): Promise<seam.Sweep> {
		return this.#sweep('active', (job) => job.leaseExpiresAt, 'reclaim');
	}

	async prune(): Promise<seam.Sweep> {
		const now = this.#now();
		const going = [...this.#topics.values()].flatMap((topic) => [
			...model.beyondRetention(topic, 'completed', now),
			...model.beyondRetention(topic, 'dead', now),
		]);
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
		this.#now();
		const topic = this.#topic(name);
		topic.settings = patchSettings(topic.settings, patch);
		return topic.settings;
	}

	async pauseTopic(name: string, paused: boolean): Promise<void> {
		this.#now();
		this.#topic(name).paused = paused;
		if (!paused) this.#hint(name, 0);
	}

	async retryJobs(ids: string[]): Promise<seam.ActionResult[]> {
		const now = this.#now();
		return ids.map((id) => {
			const [topic, job] = this.#find(id);
			if (topic === undefined || job === undefined) return { status: 'missing' };
			if (job.state !== 'dead') return { status: 'refused', state: job.state };
			this.#apply(topic, job, 'requeue', { now });
			return { status: 'ok' };
		});
	}

	async deleteJobs(ids: string[]): Promise<seam.ActionResult[]> {
		this.#now();
		return ids.map((id) => {
			const [topic, job] = this.#find(id);
			if (topic === undefined || job === undefined) return { status: 'missing' };
			if (job.state === 'active') return { status: 'refused', state: job.state };
			if (job.state === 'waiting') model.leaveLane(topic, job);
			topic.jobs.delete(id);
			return { status: 'ok' };
		});
	}

	onWork(listener: (hint: seam.WorkHint) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
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
		const created = this.#hintIfEarlier(topic, 'runAt', now, () => jobs.map((job) => this.#create(topic, job, now)));
		if (idempotency !== undefined) {
			const answer = { fingerprint: idempotency.fingerprint, ids: created.map(({ id }) => id) };
			topic.pushes.set(idempotency.key, { answer, until: now + LIMITS.idempotencyTtlMs });
		}
		this.#hint(name, 0);
		return { status: 'created', jobs: created };
	}

	#apply(...[topic, job, name, options]: Parameters<typeof model.apply>): void {
		model.apply(topic, job, name, options);
		if (job.state === 'waiting') this.#hint(topic.topic, 0);
	}

	#hint(topic: string, inMs: number): void {
		for (const listener of this.#listeners) listener({ topic, inMs });
	}

	/** Does `work`, and tells when the first of the topic's jobs falls due earlier after it than before. */
	#hintIfEarlier<T>(topic: model.ModelTopic, at: 'runAt' | 'leaseExpiresAt', now: number, work: () => T): T {
		const first = () => Math.min(...[...topic.jobs.values()].map((job) => job[at] ?? Number.POSITIVE_INFINITY));
		const before = first();
		const result = work();
		if (first() < before) this.#hint(topic.topic, first() - now);
		return result;
	}

	#create(topic: model.ModelTopic, { delayMs, runAt, ...rest }: NewJob, now: number) {
		const number = Math.max(topic.lastNumber + 1, now);
		topic.lastNumber = number;
		const dueAt = runAt ?? now + delayMs;
		const state: 'waiting' | 'delayed' = dueAt > now ? 'delayed' : 'waiting';
		const job: model.ModelJob = {
			...rest,
			id: formatId(topic.topic, number),
			number,
			topic: topic.topic,
			state,
			used: 0,
			token: 0,
			createdAt: now,
			runAt: state === 'delayed' ? dueAt : null,
			leaseExpiresAt: null,
			finishedAt: null,
			reason: null,
			result: null,
			error: null,
			progress: null,
		};
		topic.jobs.set(job.id, job);
		if (state === 'waiting') model.joinTail(topic, job);
		return { id: job.id, state };
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

	#takeNew(topics: model.ModelTopic[], { max, leaseMs, requestId }: seam.TakeRequest, now: number): TakenJob[] {
		const taken: model.ModelJob[] = [];
		for (const topic of topics.filter(({ paused }) => !paused)) {
			const before = taken.length;
			this.#hintIfEarlier(topic, 'leaseExpiresAt', now, () => {
				while (taken.length < max) {
					const job = model.nextInTurn(topic);
					if (job === undefined) break;
					job.state = 'active';
					job.token += 1;
					job.leaseExpiresAt = now + leaseMs;
					taken.push(job);
				}
			});
			const answer = taken.slice(before).map(({ id, token }) => ({ id, token }));
			if (requestId !== undefined && answer.length > 0) topic.takes.set(requestId, { answer, until: now + leaseMs });
		}
		return taken.map(takenView);
	}

	/** A call that finishes k jobs of a kind lets go of up to 2k of that kind. */
	#trimAfter(ids: string[]): void {
		for (const topic of this.#topics.values()) {
			for (const state of ['completed', 'dead'] as const) {
				const finished = ids.filter((id) => topic.jobs.get(id)?.state === state).length;
				model.trim(topic, state, 2 * finished);
			}
		}
	}

	#sweep(state: 'delayed' | 'active', dueAt: (job: model.ModelJob) => number | null, name: 'promote' | 'reclaim') {
		const now = this.#now();
		const jobs = [...this.#topics.values()].flatMap((topic) => model.inState(topic, state));
		const ordered = jobs.sort((a, b) => (dueAt(a) ?? 0) - (dueAt(b) ?? 0) || a.number - b.number);
		const due = ordered.filter((job) => (dueAt(job) ?? 0) <= now);
		const moved = due.slice(0, LIMITS.sweep);
		for (const job of moved) this.#apply(this.#topic(job.topic), job, name, { now });
		this.#trimAfter(moved.map(({ id }) => id));
		const next = ordered[moved.length];
		const nextInMs = next === undefined ? null : Math.max(0, (dueAt(next) ?? 0) - now);
		return { count: moved.length, more: due.length > moved.length, nextInMs };
	}
}
