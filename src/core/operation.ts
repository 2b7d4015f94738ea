import type { JobState } from './job.ts';
import { FORGETTABLE } from './transitions.ts';

/**
 * What a bulk operation may do, and the states that jobs may be in for it. A job moves on through the states from left to right, so
 * that one that does so while the operation looks is found again.
 */
export const ACTIONS = {
	retry: ['dead', 'cancelled'],
	cancel: ['delayed', 'waiting', 'active'],
	delete: FORGETTABLE,
	move: ['delayed', 'waiting', 'dead', 'cancelled'],
} as const satisfies Record<string, readonly JobState[]>;

export type OperationAction = keyof typeof ACTIONS;

/** Which jobs an operation is about. A job must fit every field that is there. */
export interface OperationFilter {
	topic: string;
	/** One of these states. */
	state: JobState[];
	group?: string;
	/** Among the job's tags. */
	tag?: string;
	/** Pushed at least, or less than, so many ms before the operation began. */
	olderThanMs?: number;
	newerThanMs?: number;
	/** Stands in the text of the job's latest error. */
	error?: string;
	/** Only these jobs. */
	ids?: string[];
}

/** Stands beside an `actor` that is the name of a key. */
export interface ByKey {
	/** The key's id, since names are not unique. */
	key?: string;
	/** Who the caller says it is. */
	said?: string;
}

/** What somebody asks for; checked. */
export interface OperationRequest extends ByKey {
	action: OperationAction;
	filter: OperationFilter;
	/** The topic that a `move` is to. */
	to?: string;
	/** Most jobs that are acted upon in a second. Default: as fast as it goes. */
	perSecond?: number;
	/** Who asks, and why; both are kept with the operation and with each job that it cancels. */
	actor?: string;
	reason?: string;
}

export interface OperationProgress {
	/** Jobs looked at. */
	scanned: number;
	/** Those of them that fit the filter. */
	matched: number;
	/** Those that were acted upon, */
	done: number;
	/** and those that could not be: they were in another state by then, or a job elsewhere holds their key. */
	refused: number;
}

/** A bulk operation as everybody sees it. */
export interface Operation extends ByKey {
	id: string;
	action: OperationAction;
	filter: OperationFilter;
	to: string | null;
	perSecond: number | null;
	actor: string | null;
	reason: string | null;
	state: 'running' | 'completed' | 'cancelled';
	/** False when it ended before it had looked at every job: cancelled, failed, or lists that grew faster than it could read. */
	complete: boolean;
	/** What made it fail; it is `cancelled` then. */
	error: string | null;
	progress: OperationProgress;
	/** Jobs pushed or finished later than this are left alone. */
	createdAt: number;
	updatedAt: number;
	finishedAt: number | null;
}

/** What an operation would be about, if it began now. */
export interface DryRun {
	scanned: number;
	matched: number;
	/** False when there are more jobs than were looked at: then `matched` is what there is at least. */
	complete: boolean;
}

/** One line of the audit log. */
export interface AuditEntry extends ByKey {
	at: number;
	/** Who did it: the name of a key, or else what was said. */
	actor: string | null;
	/** Such as `topic.pause` or `operation.start`. */
	action: string;
	/** The topic, the job or the operation that it was done to. */
	target: string;
	details: Record<string, unknown>;
}

export interface PageQuery {
	/** `nextCursor` of the page before; null for the first page. */
	cursor: string | null;
	limit: number;
}

export interface AuditPage {
	entries: AuditEntry[];
	nextCursor: string | null;
}

/** Bulk operations, whoever runs them. */
export interface Operations {
	/** Counts the jobs that fit and changes nothing. */
	dryRun(request: OperationRequest): Promise<DryRun>;
	/**
	 * @param key the same request under the same key starts nothing more and answers with the operation as it is now
	 * @throws STORE_FULL while `LIMITS.openOperations` are under way, IDEMPOTENCY_CONFLICT for another request under a key that is known
	 */
	start(request: OperationRequest, key?: string): Promise<Operation>;
	/** null for one that never was, or has been let go. */
	get(id: string): Promise<Operation | null>;
	/** The latest first, up to a hundred on a page. */
	list(query: PageQuery): Promise<{ operations: Operation[]; nextCursor: string | null }>;
	/**
	 * Ends an operation before its time; what it has done stays done. null for one that is not there.
	 * @throws WRONG_STATE for one that has completed
	 */
	cancel(id: string, by: { actor: string | null; reason: string | null } & ByKey): Promise<Operation | null>;
	/** The latest first. */
	audit(query: PageQuery): Promise<AuditPage>;
}
