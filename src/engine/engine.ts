import type { Examination, Examined } from '../core/doctor.ts';
import type { MillraceError } from '../core/errors.ts';
import type { Explanation } from '../core/explanation.ts';
import type { Job, JobState, NewJob, TakenJob } from '../core/job.ts';
import type { RawJson } from '../core/json.ts';
import type { Notices } from '../core/notices.ts';
import type { Operations } from '../core/operation.ts';
import type { GroupPatch, GroupSettings, SettingsPatch, TopicSettings } from '../core/settings.ts';
import type { OutcomeName } from '../core/transitions.ts';
import type { UniqueAnswer } from '../core/unique.ts';
import type { Collection, Documents } from './documents.ts';

export type { Defect, DefectCode, Examination, Examined } from '../core/doctor.ts';
export type { Notice, NoticeCode, Notices } from '../core/notices.ts';
export type { Collection, Document, Documents, LogEntry } from './documents.ts';

/**
 * The one seam of Millrace: everything above it is policy, everything below it is storage.
 *
 * Rules that every engine keeps, and the conformance suite checks:
 *
 * 1. Arrays go in, arrays of the same length and order come out. A refused item is a value
 *    (`stale`, `missing`, `duplicate` …); a failed call throws one MillraceError that says whether the
 *    change may have been made: UNAVAILABLE (no), AMBIGUOUS (unknown), STORE_FULL (no), CLOSED (no).
 * 2. Arguments have been checked (`core/options.ts`, `core/limits.ts`). An engine trusts them and computes no policy.
 * 3. What is done to one job, and each batch of a push, is one atomic step; those of one topic come in the order of the
 *    call. There is one clock, the store's; a caller sends durations, or instants that are only compared with that clock.
 * 4. Every call ends within the engine's deadline.
 *
 * Pushes that ask for a durability may overtake those that do not, and be overtaken, while both are under way.
 */
export interface Engine {
	readonly supports: Supports;
	/**
	 * What is true of a push once it is answered, unless its result says something else. May fall when the store is reconfigured, so read it
	 * per answer.
	 */
	readonly durability: Durability;
	/** What servers keep beside the jobs: bulk operations and the audit log. null where a server keeps it (`operations`). */
	readonly documents: Documents | null;
	/** The keys of callers, where no one who reads `documents` finds them. Absent where a server keeps them, and in engines that know none. */
	readonly keys?: Collection | null;
	/** What an operator should know of the store. Absent where there is never anything. */
	readonly notices?: Notices;
	/** The bulk operations of the server on the far side; absent where there is none. */
	readonly operations?: Operations;

	/** @throws UNAVAILABLE or STORE_REFUSED, with one line that says what to do. */
	open(): Promise<void>;
	/** Ends every call under way, then lets go of the store. Calls after it throw CLOSED. Never throws. */
	close(): Promise<void>;
	/** Resolves after a round trip to the store. */
	ping(): Promise<void>;

	/** Stores jobs. Each batch is stored whole or not at all. */
	push(batches: PushBatch[]): Promise<PushResult[]>;
	/**
	 * Leases up to `max` waiting jobs, the topics in the order given. Does not wait for work, unless `wait` says so and
	 * the engine `supports.waiting`; the others ignore `wait`.
	 */
	take(request: TakeRequest, wait?: Wait): Promise<TakenJob[]>;
	/** Ends deliveries. An outcome whose token is not that of the live lease changes nothing. */
	settle(outcomes: Outcome[]): Promise<SettleResult[]>;
	/** `settle`, then `take`, in one round trip where the store allows it. A job that it frees may be taken at once. */
	settleAndTake(
		outcomes: Outcome[],
		request: TakeRequest,
		wait?: Wait,
	): Promise<{ settled: SettleResult[]; jobs: TakenJob[] }>;
	/** Lets leases end `leaseMs` from now. It can also shorten them. */
	extend(leases: Lease[], leaseMs: number): Promise<ExtendResult[]>;

	/**
	 * What falls due: groups that may give jobs again, then jobs whose time to start is over (→ dead, `expired`), then delayed jobs
	 * (→ waiting). Its count is that of the jobs.
	 */
	promote(): Promise<Sweep>;
	/** active → waiting or dead for jobs whose lease has ended (`leaseExpiresAt <= now`). */
	reclaim(): Promise<Sweep>;
	/** Deletes finished jobs beyond their topic's retention, and memories past their time. */
	prune(): Promise<Sweep>;

	/** The jobs of these ids; null for one that the store does not hold. */
	getJobs(ids: string[]): Promise<(Job | null)[]>;
	/**
	 * One page of a topic's jobs in one state. Waiting: by priority, there the jobs without a group first and then the
	 * groups by name (in the byte order of UTF-8), each lane from head to tail; delayed: next due first; active: next to expire first; completed and dead: newest first.
	 * Paging to the end shows every job that was in the state all along; a job that moves meanwhile may show twice.
	 */
	listJobs(query: JobQuery): Promise<JobPage>;
	/** What is known of these topics; null for one that was never pushed to or configured. */
	getTopics(topics: string[]): Promise<(Topic | null)[]>;
	/** One page of all topics, by name. */
	listTopics(query: TopicQuery): Promise<TopicPage>;
	/** Patches a topic's settings, making the topic when there is none, and returns what now holds. */
	putTopic(topic: string, patch: SettingsPatch): Promise<TopicSettings>;
	/** A paused topic gives no jobs; everything else goes on. Makes the topic when there is none. `until` ends the pause by itself. */
	pauseTopic(topic: string, paused: boolean, until?: number | null): Promise<void>;
	/** Patches one group's settings, making the topic when there is none, and returns what now holds for the group itself. */
	putGroup(topic: string, group: string, patch: GroupPatch): Promise<GroupSettings>;
	/** As pauseTopic, for one group. Resuming also ends a time for which a worker has parked the group. */
	pauseGroup(topic: string, group: string, paused: boolean, until?: number | null): Promise<void>;
	/** What is known of these groups of a topic. Of a group without jobs and settings it says so. */
	getGroups(topic: string, groups: string[]): Promise<Group[]>;
	/** One page of the groups that have settings of their own or are paused, by name (in the byte order of UTF-8). */
	listGroups(query: GroupQuery): Promise<GroupPage>;
	/** Why each job does or does not run; null for one that the store does not hold. Decided by the same rules as takes. */
	explainJobs(ids: string[]): Promise<(Explanation | null)[]>;
	/**
	 * dead or cancelled → waiting at the tail of its lane, attempts counted afresh.
	 * @param states only of jobs in one of these, for retries, cancellations and deletions; others are refused. Default: whatever the action starts from.
	 */
	retryJobs(ids: string[], states?: readonly JobState[]): Promise<ActionResult[]>;
	/** delayed → waiting, before its time. One that waits for another job to end is refused. */
	promoteJobs(ids: string[]): Promise<ActionResult[]>;
	/** waiting, delayed or active → cancelled. Whoever has an active one hears it from its next extend or settle, or by `onCancel`. */
	cancelJobs(ids: string[], by: CancelledBy, states?: readonly JobState[]): Promise<ActionResult[]>;
	/** Forgets jobs in any state but active. */
	deleteJobs(ids: string[], states?: readonly JobState[]): Promise<ActionResult[]>;
	/**
	 * Looks at a part of what the store holds for one topic, and says where records and indexes do not agree. One atomic step, so what it
	 * says is so, whatever goes on meanwhile. With `repair` it mends what can be mended for certain and without losing a job.
	 */
	examine(examination: Examination): Promise<Examined>;

	/** Registers for hints and returns how to unregister. A hint may be lost or wrong: polling must suffice. */
	onWork(listener: (hint: WorkHint) => void): () => void;
	/** Registers for the ids of active jobs that are cancelled, and returns how to unregister. May be lost: extending must suffice. */
	onCancel(listener: (ids: string[]) => void): () => void;
}

/** What an engine can do; a conformance test is skipped only through this. */
export interface Supports {
	/** The data outlive the engine: a new engine on the same store sees them. */
	persistence: boolean;
	/** Several engines may have the same store open at once. */
	sharing: boolean;
	/** Promote, reclaim and prune are this side's to run. False where a server does it; they do nothing then. */
	sweeps: boolean;
	/** `onWork` hints at work: whatever kept a take from finding jobs in a topic, its end is hinted at. */
	hints: boolean;
	/** A take can wait for work on the far side. */
	waiting: boolean;
	/** The far side fills in what policy decides: `maxAttempts` 0, and a retry without `delayMs`. */
	policy: boolean;
	/** Calls made one after the other take effect in that order, also when the second does not wait for the first. */
	order: boolean;
	/** Payloads, results and errors may be whatever a JSON parser accepts. False where a server reads them: no key twice, nesting that has an end. */
	anyJson: boolean;
}

/** What every engine has in common that holds its store itself. */
export const DIRECT = { sweeps: true, hints: true, waiting: false, policy: false, order: true, anyJson: true } as const;

/** How long a take may wait for its first job. */
export interface Wait {
	/** In ms, up to `LIMITS.maxWaitMs`. */
	waitMs: number;
	/** Ends the wait, with no jobs or with those that had come already. */
	signal?: AbortSignal;
}

/** How safe an answered push is: lost with the store's process, on disk, or on another machine too. */
export type Durability = 'memory' | 'fsynced' | 'replicated';

export interface PushBatch {
	topic: string;
	jobs: NewJob[];
	/** Present when the caller may repeat this push and wants the first one's answer then. */
	idempotency?: Idempotency;
	/** The answer waits until the batch is on another machine too, for a time; what was reached then stands in the result. */
	durability?: AskedDurability;
}

/** What a push may ask for. What a store does without being asked, it does for every push. */
export type AskedDurability = 'replicated';

export interface Idempotency {
	/** Unique within the topic, remembered for `LIMITS.idempotencyTtlMs`. */
	key: string;
	/** Tells the same request repeated from another request under the same key. Up to 64 letters and digits, no spaces. */
	fingerprint: string;
}

/** `durability` is what a batch has reached that asked for one; without it `Engine.durability` holds. */
export type PushResult =
	| { status: 'created'; jobs: PushedJob[]; durability?: Durability }
	/** The key and the fingerprint are known: nothing was stored, and these are the ids of the first push. */
	| { status: 'duplicate'; ids: string[]; durability?: Durability }
	/** The key is known with another fingerprint: nothing was stored. */
	| { status: 'conflict'; ids: string[] }
	/** The topic's budget of waiting bytes does not hold the batch: nothing was stored. */
	| { status: 'full' }
	/** The far side takes none such: nothing was stored. `error` is INVALID or TOO_LARGE. */
	| { status: 'refused'; error: MillraceError };

export interface PushedJob {
	/** The new job, or the one that stands in its place (`unique.outcome` kept, replaced or debounced). */
	id: string;
	state: JobState;
	/** Of a job that was pushed with a key. */
	unique?: UniqueAnswer;
}

export interface CancelledBy {
	actor: string | null;
	reason: string | null;
}

export interface TakeRequest {
	topics: string[];
	max: number;
	leaseMs: number;
	/**
	 * A take repeated under the same id gives the same deliveries, less those that have ended since, and leases no
	 * others. Remembered for `leaseMs`, and only when something was taken.
	 */
	requestId?: string;
	/** Who takes, for those who look at the jobs and their history. */
	worker?: string;
	/** The worker says by `extend` when it starts on each job; one that it had not started is not charged when its lease ends. */
	marks?: boolean;
}

export interface Outcome {
	id: string;
	token: number;
	outcome: OutcomeName;
	/** With `retry` and `release`: ms until the job may run again. Default 0. */
	delayMs?: number;
	/** With `complete`. */
	result?: RawJson;
	/** With `retry` and `kill`. */
	error?: RawJson;
	/** With `kill`: why, in one word of a–z, 0–9 and _, up to 64 characters. Default `killed`. */
	reason?: string;
	/** The job's group gives no more jobs for so many ms, the whole topic if it has none: what it calls has asked for a pause. */
	parkMs?: number;
}

export type SettleResult =
	/** Done: the job is now in `state`, since `at`. */
	| { status: 'ok'; state: JobState; at: number }
	/** The job exists, and this delivery of it has ended already. */
	| { status: 'stale' }
	/** So it has, because the job was cancelled. */
	| { status: 'cancelled' }
	| { status: 'missing' };

export interface Lease {
	id: string;
	token: number;
	/** How far the work is, kept with the job until the next time. */
	progress?: RawJson;
	/** The worker starts on the job now (see `TakeRequest.marks`). */
	started?: boolean;
}

/** A lease never reaches beyond the job's time to run (`timeoutMs`); once that is over, the lease is `stale`. */
export type ExtendResult =
	| { status: 'ok'; leaseExpiresAt: number }
	| { status: 'stale' }
	| { status: 'cancelled' }
	| { status: 'missing' };

/** What one bounded maintenance step did. */
export interface Sweep {
	count: number;
	/** True when there is more to do right now. */
	more: boolean;
	/** Ms until there will be something to do, as far as is known; null when nothing is in sight. */
	nextInMs: number | null;
}

export interface JobQuery {
	topic: string;
	state: JobState;
	/** `nextCursor` of the page before; null for the first page. An unreadable one throws INVALID. */
	cursor: string | null;
	limit: number;
}

export interface JobPage {
	jobs: Job[];
	nextCursor: string | null;
}

export type JobCounts = Record<JobState, number>;

export interface Topic {
	topic: string;
	paused: boolean;
	/** When the pause ends; null for one without end, and for a topic that is not paused. */
	pausedUntil: number | null;
	counts: JobCounts;
	/** Age of the oldest job that stands at the head of a lane, in ms; null when nothing waits. */
	oldestWaitingMs: number | null;
	settings: TopicSettings;
}

export interface Group {
	group: string;
	paused: boolean;
	pausedUntil: number | null;
	/** Until when a worker has parked it; null when it is not parked. */
	parkedUntil: number | null;
	waiting: number;
	/** Slots in use: active jobs, and failed ones that keep their place in a group with a limit of one. */
	active: number;
	/** The group's own. */
	settings: GroupSettings;
}

export interface GroupQuery {
	topic: string;
	/** `nextCursor` of the page before; null for the first page. */
	cursor: string | null;
	limit: number;
}

export interface GroupPage {
	groups: Group[];
	nextCursor: string | null;
}

export interface TopicQuery {
	/** `nextCursor` of the page before; null for the first page. */
	cursor: string | null;
	limit: number;
}

export interface TopicPage {
	topics: Topic[];
	nextCursor: string | null;
}

export type ActionResult =
	| { status: 'ok' }
	| { status: 'missing' }
	/** The job's unique key belongs to another job by now. */
	| { status: 'held'; by: string }
	/** The job's state does not allow the action. */
	| { status: 'refused'; state: JobState };

/** `topic` has work now (`inMs` 0), or something in it falls due in `inMs`. */
export interface WorkHint {
	/** null after hints may have been missed: any topic may have work. */
	topic: string | null;
	inMs: number;
}
