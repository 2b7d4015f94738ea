import { type Clock, systemClock } from '../../core/clock.ts';
import { MillraceError } from '../../core/errors.ts';
import type { Explanation } from '../../core/explanation.ts';
import { Headroom } from '../../core/headroom.ts';
import type { Job, JobState, TakenJob } from '../../core/job.ts';
import { LIMITS } from '../../core/limits.ts';
import type { GroupPatch, GroupSettings, SettingsPatch, TopicSettings } from '../../core/settings.ts';
import * as seam from '../engine.ts';
import { cancelJobs, deleteJobs, promoteJobs, retryJobs } from './actions.ts';
import { Committer } from './commit.ts';
import { examine, readExamination } from './doctor/examine.ts';
import { SqliteDocuments } from './documents.ts';
import { undone } from './errors.ts';
import { explainJobs } from './explain.ts';
import { StoreFile } from './file.ts';
import { getGroups, listGroups, pauseGroup, putGroup, readGroupQuery } from './group-verbs.ts';
import { Hints } from './hints.ts';
import { getJobs } from './jobs.ts';
import { listJobs, readJobQuery } from './lists.ts';
import { closeStore, MEMORY, openStore } from './open.ts';
import { prune } from './prune.ts';
import { push } from './push.ts';
import { extend, settle, settleAndTake } from './settle.ts';
import { type Space, spaceAt, spaceFill } from './space.ts';
import { Store } from './store.ts';
import { take } from './take.ts';
import { getTopics, listTopics, pauseTopic, putTopic, readTopicQuery } from './topic-verbs.ts';
import { promote, reclaim } from './upkeep.ts';

export interface SqliteEngineOptions {
	/** The database file, made when there is none; `:memory:` keeps everything in this process. */
	path: string;
	/** Epoch milliseconds. Default: the process clock. */
	clock?: Clock;
	/** How long a call may wait for its turn, in ms. Default `LIMITS.callDeadlineMs`. */
	deadlineMs?: number;
	/** How much room its disk has; for tests. */
	space?: () => Promise<Space>;
}

interface Opened {
	committer: Committer;
	close: () => Promise<void> | void;
}

/** The engine on one SQLite file (or in memory), for one process. */
export class SqliteEngine implements seam.Engine {
	readonly supports: seam.Supports;
	readonly durability: seam.Durability;
	readonly documents = new SqliteDocuments((work) => this.#run(work), 'documents');
	readonly keys = new SqliteDocuments((work) => this.#run(work), 'access_keys');
	readonly #path: string;
	readonly #clock: Clock;
	readonly #deadlineMs: number;
	readonly #hints = new Hints();
	readonly #headroom: Headroom | undefined;
	#opened: Opened | undefined;
	#closed = false;

	constructor({ path, clock = systemClock, deadlineMs = LIMITS.callDeadlineMs, space }: SqliteEngineOptions) {
		this.supports = { persistence: path !== MEMORY, sharing: false, ...seam.DIRECT };
		this.durability = path === MEMORY ? 'memory' : 'fsynced';
		this.#path = path;
		this.#clock = clock;
		this.#deadlineMs = deadlineMs;
		const read = space ?? (() => spaceAt(path));
		if (path !== MEMORY) this.#headroom = new Headroom(async () => spaceFill(await read()));
	}

	/** @throws STORE_REFUSED when the file is in use by another process or cannot be used, with what to do. */
	async open(): Promise<void> {
		const opening = this.#path === MEMORY ? this.#openMemory() : this.#openFile();
		const opened = await opening.catch((error: unknown) => Promise.reject(undone(error)));
		try {
			this.#opened = opened;
			await this.#headroom?.refresh();
			// A close that came meanwhile found nothing to close.
			if (this.#closed) await this.close();
		} catch (error) {
			await opened.close();
			throw undone(error);
		}
	}

	async close(): Promise<void> {
		this.#closed = true;
		const opened = this.#opened;
		this.#opened = undefined;
		if (opened === undefined) return;
		await opened.committer.finish();
		await opened.close();
	}

	async #openMemory(): Promise<Opened> {
		const db = await openStore(MEMORY);
		return { committer: this.#committer(new Store(db, this.#hints)), close: () => closeStore(db) };
	}

	async #openFile(): Promise<Opened> {
		const file = new StoreFile(this.#path, this.#hints);
		return { committer: this.#committer(await file.open(), file), close: () => file.close() };
	}

	#committer(store: Store, disk?: StoreFile): Committer {
		return new Committer(store, { clock: this.#clock, deadlineMs: this.#deadlineMs, disk });
	}

	ping(): Promise<void> {
		return this.#run((store) => void store.sql.get('SELECT 1'));
	}

	async push(batches: seam.PushBatch[]): Promise<seam.PushResult[]> {
		this.#headroom?.check(batches);
		return this.#run((store) => push(store, batches));
	}

	take(request: seam.TakeRequest): Promise<TakenJob[]> {
		return this.#run((store) => take(store, request));
	}

	settle(outcomes: seam.Outcome[]): Promise<seam.SettleResult[]> {
		return this.#run((store) => settle(store, outcomes));
	}

	settleAndTake(outcomes: seam.Outcome[], request: seam.TakeRequest) {
		return this.#run((store) => settleAndTake(store, outcomes, request));
	}

	extend(leases: seam.Lease[], leaseMs: number): Promise<seam.ExtendResult[]> {
		return this.#run((store) => extend(store, leases, leaseMs));
	}

	promote(): Promise<seam.Sweep> {
		return this.#run(promote);
	}

	reclaim(): Promise<seam.Sweep> {
		return this.#run(reclaim);
	}

	prune(): Promise<seam.Sweep> {
		return this.#run(prune);
	}

	getJobs(ids: string[]): Promise<(Job | null)[]> {
		return this.#run((store) => getJobs(store, ids));
	}

	async listJobs(query: seam.JobQuery): Promise<seam.JobPage> {
		// Read outside of the transaction: an unreadable cursor must not roll other calls back.
		const place = readJobQuery(query);
		return this.#run((store) => listJobs(store, place));
	}

	getTopics(topics: string[]): Promise<(seam.Topic | null)[]> {
		return this.#run((store) => getTopics(store, topics));
	}

	async listTopics(query: seam.TopicQuery): Promise<seam.TopicPage> {
		const place = readTopicQuery(query);
		return this.#run((store) => listTopics(store, place));
	}

	putTopic(topic: string, patch: SettingsPatch): Promise<TopicSettings> {
		return this.#run((store) => putTopic(store, topic, patch));
	}

	pauseTopic(topic: string, paused: boolean, until: number | null = null): Promise<void> {
		return this.#run((store) => pauseTopic(store, topic, paused, until));
	}

	putGroup(topic: string, group: string, patch: GroupPatch): Promise<GroupSettings> {
		return this.#run((store) => putGroup(store, topic, group, patch));
	}

	pauseGroup(topic: string, group: string, paused: boolean, until: number | null = null): Promise<void> {
		return this.#run((store) => pauseGroup(store, topic, group, paused, until));
	}

	getGroups(topic: string, groups: string[]): Promise<seam.Group[]> {
		return this.#run((store) => getGroups(store, topic, groups));
	}

	async listGroups(query: seam.GroupQuery): Promise<seam.GroupPage> {
		const place = readGroupQuery(query);
		return this.#run((store) => listGroups(store, place));
	}

	explainJobs(ids: string[]): Promise<(Explanation | null)[]> {
		return this.#run((store) => explainJobs(store, ids));
	}

	retryJobs(ids: string[], states?: readonly JobState[]): Promise<seam.ActionResult[]> {
		return this.#run((store) => retryJobs(store, ids, states));
	}

	promoteJobs(ids: string[]): Promise<seam.ActionResult[]> {
		return this.#run((store) => promoteJobs(store, ids));
	}

	cancelJobs(ids: string[], by: seam.CancelledBy, states?: readonly JobState[]): Promise<seam.ActionResult[]> {
		return this.#run((store) => cancelJobs(store, ids, by, states));
	}

	deleteJobs(ids: string[], states?: readonly JobState[]): Promise<seam.ActionResult[]> {
		return this.#run((store) => deleteJobs(store, ids, states));
	}

	async examine(examination: seam.Examination): Promise<seam.Examined> {
		const place = readExamination(examination);
		return this.#run((store) => examine(store, place));
	}

	onWork(listener: (hint: seam.WorkHint) => void): () => void {
		return this.#hints.listen(listener);
	}

	onCancel(listener: (ids: string[]) => void): () => void {
		return this.#hints.listenToCancels(listener);
	}

	async #run<T>(work: (store: Store) => T): Promise<T> {
		if (this.#opened === undefined) {
			const message = this.#closed
				? 'The engine is closed; nothing was done'
				: 'The engine is not open yet; call open()';
			throw new MillraceError('CLOSED', message);
		}
		return this.#opened.committer.run(work);
	}
}
