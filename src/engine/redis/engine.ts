import type { Clock } from '../../core/clock.ts';
import { MillraceError } from '../../core/errors.ts';
import { Headroom } from '../../core/headroom.ts';
import type { JobState } from '../../core/job.ts';
import { LIMITS } from '../../core/limits.ts';
import { Notices } from '../../core/notices.ts';
import type { GroupPatch, SettingsPatch } from '../../core/settings.ts';
import {
	type CancelledBy,
	DIRECT,
	type Durability,
	type Engine,
	type Examination,
	type GroupQuery,
	type JobQuery,
	type Lease,
	type Outcome,
	type PushBatch,
	type TakeRequest,
	type Topic,
	type TopicQuery,
	type WorkHint,
} from '../engine.ts';
import * as actions from './actions.ts';
import { Agenda } from './agenda.ts';
import { type Client, Connection } from './connection.ts';
import { decodeName, encodeCursor } from './cursors.ts';
import * as deliveries from './deliveries.ts';
import { RedisDocuments } from './documents.ts';
import { readSafety } from './durability.ts';
import { examine } from './examine.ts';
import { explainJobs } from './explain.ts';
import { Generation } from './generation.ts';
import * as groups from './groups.ts';
import { accessKey, documentsKey, storeKey } from './keys.ts';
import { memoryFill } from './memory.ts';
import { push } from './push.ts';
import { getJobs, getTopics, listJobs } from './reads.ts';
import { ReplicatedPushes } from './replicated.ts';
import { Scripts } from './scripts.ts';
import { checkServer, evictionNotice, readInfo } from './server-check.ts';
import { putTopic } from './settings.ts';
import { Sweeper } from './sweeps.ts';
import { TopicNames } from './topic-names.ts';
import { Wake } from './wake.ts';

export interface RedisEngineOptions {
	/** `redis://user:password@host:6379/0`, or `redis+sentinel://user:password@host:26379,host:26379/name/0`; `rediss` for TLS. */
	url: string;
	/** What all keys begin with. Default `mr`. */
	prefix?: string;
	/** Deadline of every call, in ms. Default `LIMITS.callDeadlineMs`. */
	deadlineMs?: number;
	/** Whether to hear hints at work and cancellations. Default true. */
	hints?: boolean;
	/** Replaces the clock of Redis; for tests. */
	clock?: Clock;
}

/** How often the server is looked at again, since an operator may change it under way. */
const LOOK_MS = 10_000;

/** Jobs on a Redis or Valkey server, which any number of engines may share. */
export class RedisEngine implements Engine {
	readonly supports = { persistence: true, sharing: true, ...DIRECT };
	readonly documents: RedisDocuments;
	readonly keys: RedisDocuments;
	readonly notices = new Notices();
	readonly #connection: Connection;
	readonly #hints: boolean;
	readonly #wake: Wake;
	readonly #scripts: Scripts;
	readonly #replicated: ReplicatedPushes;
	readonly #names: TopicNames;
	readonly #sweeper: Sweeper;
	readonly #listeners = new Set<(hint: WorkHint) => void>();
	readonly #cancelListeners = new Set<(ids: string[]) => void>();
	#durability: Durability = 'memory';
	readonly #generation: Generation;
	readonly #headroom = new Headroom(async () => {
		return memoryFill(await this.#connection.run((client) => readInfo(client, 'memory'), false));
	});
	#looks: NodeJS.Timeout | undefined;
	readonly #underWay = new Set<Promise<unknown>>();
	#closed = false;

	constructor(options: RedisEngineOptions) {
		const { url, prefix = 'mr', deadlineMs = LIMITS.callDeadlineMs, hints = true, clock = null } = options;
		const agenda = new Agenda();
		this.#generation = new Generation(storeKey(prefix), this.notices);
		this.#hints = hints;
		this.#connection = new Connection({
			url,
			deadlineMs,
			onConnect: async (client) => {
				await checkServer(client);
				await this.#look(client);
				this.#names.forget();
			},
		});
		this.#scripts = new Scripts(this.#connection, { prefix, deadlineMs, clock });
		this.#replicated = new ReplicatedPushes({ url, prefix, deadlineMs, clock, usual: () => this.#durability });
		this.#names = new TopicNames(this.#scripts);
		const collection = (key: string) => new RedisDocuments(this.#scripts, (work) => this.#call(work), key);
		this.documents = collection(documentsKey(prefix));
		this.keys = collection(accessKey(prefix));
		this.#wake = new Wake({
			url,
			prefix,
			deadlineMs,
			onHint: (hint) => this.#hear(agenda, hint),
			onCancel: (ids) => {
				for (const listener of this.#cancelListeners) listener(ids);
			},
			onSubscribed: () => {
				this.#sweeper.lookAtAll();
				this.#tell({ topic: null, inMs: 0 });
			},
			// Silence means nothing now: whoever waits asks, and learns it if the store is away.
			onLost: () => this.#tell({ topic: null, inMs: 0 }),
		});
		const isListening = () => this.#wake.isListening;
		const { names, scripts } = { names: this.#names, scripts: this.#scripts };
		this.#sweeper = new Sweeper({ scripts, names, agenda, isListening, everyTopic: clock !== null });
	}

	get durability(): Durability {
		return this.#durability;
	}

	async open(): Promise<void> {
		try {
			await this.#connection.open();
			if (this.#hints) await this.#wake.open();
		} catch (problem) {
			await this.close();
			throw problem;
		}
		this.#looks = setInterval(() => void this.#lookAgain(), LOOK_MS);
		this.#looks.unref();
	}

	async close(): Promise<void> {
		this.#closed = true;
		clearInterval(this.#looks);
		await Promise.allSettled(this.#underWay);
		this.#wake.close();
		this.#replicated.close();
		this.#connection.close();
	}

	ping(): Promise<void> {
		return this.#call(async () => void (await this.#scripts.command(['PING'], false)));
	}

	push(batches: PushBatch[]) {
		return this.#call(async () => {
			this.#headroom.check(batches);
			if (batches.some(({ durability }) => durability !== undefined)) return this.#replicated.push(batches);
			return push(this.#scripts, this.#names, batches);
		});
	}

	take(request: TakeRequest) {
		return this.#call(() => deliveries.take(this.#scripts, request));
	}

	settle(outcomes: Outcome[]) {
		return this.#call(() => deliveries.settle(this.#scripts, outcomes));
	}

	settleAndTake(outcomes: Outcome[], request: TakeRequest) {
		return this.#call(() => deliveries.settleAndTake(this.#scripts, outcomes, request));
	}

	extend(leases: Lease[], leaseMs: number) {
		return this.#call(() => deliveries.extend(this.#scripts, leases, leaseMs));
	}

	promote() {
		return this.#call(() => this.#sweeper.sweep('promote'));
	}

	reclaim() {
		return this.#call(() => this.#sweeper.sweep('reclaim'));
	}

	prune() {
		return this.#call(() => this.#sweeper.sweep('prune'));
	}

	getJobs(ids: string[]) {
		return this.#call(() => getJobs(this.#scripts, ids));
	}

	listJobs(query: JobQuery) {
		return this.#call(() => listJobs(this.#scripts, query));
	}

	getTopics(topics: string[]) {
		return this.#call(() => getTopics(this.#scripts, topics));
	}

	listTopics({ cursor, limit }: TopicQuery) {
		return this.#call(async () => {
			const names = await this.#names.page(decodeName(cursor), limit);
			const found = await getTopics(this.#scripts, names);
			const topics = found.filter((topic): topic is Topic => topic !== null);
			const last = names.at(-1);
			return { topics, nextCursor: names.length === limit && last !== undefined ? encodeCursor([last]) : null };
		});
	}

	putTopic(topic: string, patch: SettingsPatch) {
		return this.#callIn(topic, () => putTopic(this.#scripts, topic, patch));
	}

	pauseTopic(topic: string, paused: boolean, until: number | null = null) {
		return this.#callIn(topic, async () => {
			await this.#scripts.call('pauseTopic', topic, [this.#scripts.now, paused ? '1' : '0', String(until ?? '')]);
		});
	}

	putGroup(topic: string, group: string, patch: GroupPatch) {
		return this.#callIn(topic, () => groups.putGroup(this.#scripts, topic, group, patch));
	}

	pauseGroup(topic: string, group: string, paused: boolean, until: number | null = null) {
		return this.#callIn(topic, () => groups.pauseGroup(this.#scripts, topic, group, paused, until));
	}

	getGroups(topic: string, names: string[]) {
		return this.#call(() => groups.getGroups(this.#scripts, topic, names));
	}

	listGroups(query: GroupQuery) {
		return this.#call(() => groups.listGroups(this.#scripts, query));
	}

	explainJobs(ids: string[]) {
		return this.#call(() => explainJobs(this.#scripts, ids));
	}

	retryJobs(ids: string[], states?: readonly JobState[]) {
		return this.#call(() => actions.retryJobs(this.#scripts, ids, states));
	}

	promoteJobs(ids: string[]) {
		return this.#call(() => actions.promoteJobs(this.#scripts, ids));
	}

	cancelJobs(ids: string[], by: CancelledBy, states?: readonly JobState[]) {
		return this.#call(() => actions.cancelJobs(this.#scripts, ids, by, states));
	}

	deleteJobs(ids: string[], states?: readonly JobState[]) {
		return this.#call(() => actions.deleteJobs(this.#scripts, ids, states));
	}

	examine(examination: Examination) {
		return this.#call(() => examine(this.#scripts, examination));
	}

	onWork(listener: (hint: WorkHint) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	onCancel(listener: (ids: string[]) => void): () => void {
		this.#cancelListeners.add(listener);
		return () => this.#cancelListeners.delete(listener);
	}

	#hear(agenda: Agenda, hint: WorkHint): void {
		if (hint.topic !== null && hint.inMs > 0) {
			// The hint does not say which of the two falls due; looking at both costs one more script.
			agenda.expect(hint.topic, 'promote', hint.inMs);
			agenda.expect(hint.topic, 'reclaim', hint.inMs);
		}
		this.#tell(hint);
	}

	#tell(hint: WorkHint): void {
		for (const listener of this.#listeners) listener(hint);
	}

	/** How safe answers are, and what an operator should know. */
	async #look(client: Client): Promise<void> {
		const { durability, notice } = await readSafety(client);
		this.#durability = durability;
		this.notices.set('loses_answered', notice);
		this.notices.set('may_evict', evictionNotice(await readInfo(client, 'memory')));
		await this.#generation.look(client);
	}

	async #lookAgain(): Promise<void> {
		if (!this.#connection.isReady) return;
		await this.#connection
			.run((client) => this.#look(client), true)
			.catch(() => {
				this.#durability = 'memory';
			});
	}

	/** A call that makes the topic when there is none: its name is stored first. */
	#callIn<Result>(topic: string, work: () => Promise<Result>): Promise<Result> {
		return this.#call(async () => {
			await this.#names.add(new Set([topic]));
			return work();
		});
	}

	/** Refuses calls after close, and lets close wait for those under way. */
	async #call<Result>(work: () => Promise<Result>): Promise<Result> {
		if (this.#closed) throw new MillraceError('CLOSED', 'The store is closed; nothing was done.');
		const result = work();
		this.#underWay.add(result);
		try {
			return await result;
		} finally {
			this.#underWay.delete(result);
		}
	}
}
