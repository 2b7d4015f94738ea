/**
 * Every bound of the system in one place. Units are in the names; times are milliseconds.
 * A bound exists so that no single call can hold the store for long or fill it.
 */
export const LIMITS = {
	/** Most jobs in one push, outcomes in one settle, leases in one extend, jobs in one take. */
	batch: 1_000,
	/** Most characters in a topic name. */
	topicLength: 128,
	/** Most UTF-8 bytes in a group name. */
	groupBytes: 1_024,
	/** Most characters in an idempotency key or a request id. */
	keyLength: 255,
	/** Priorities are integers from −1000 to 1000: with that range a lane's order is one exact double in Redis. */
	priority: 1_000,
	maxAttempts: 1_000,
	/** A lease may be as short as 100 ms and as long as a day. */
	minLeaseMs: 100,
	maxLeaseMs: 86_400_000,
	/** A job may be delayed, and a retry backed off, by a year at most. */
	maxDelayMs: 31_536_000_000,
	/** The last millisecond that Redis, SQLite and a Date all hold exactly (year 9999). */
	maxTimestamp: 253_402_300_799_999,
	/** Longest wait of a long poll. */
	maxWaitMs: 60_000,
	/** Most topics in one take. */
	takeTopics: 100,
	/** Default bound on a request body; `--max-body-bytes` moves it. */
	bodyBytes: 262_144,
	/** How deep a request body may nest. */
	bodyDepth: 64,
	/** How deep a payload, a result or a progress of the SDK may nest, on any store: what stands around it in a request counts as well. */
	valueDepth: 56,
	/** Most bytes of a result or an error that is kept with a job. */
	outcomeBytes: 65_536,
	/** Most jobs or topics on one page of a list, and how many come when none is asked for. */
	pageSize: 1_000,
	defaultPageSize: 100,
	/** How many jobs one maintenance step moves: small, so that other calls get in between. */
	sweep: 100,
	/** How long an idempotency key remembers its push. */
	idempotencyTtlMs: 86_400_000,
	/** Most finished jobs that a topic may be told to keep. */
	retainedJobs: 1_000_000,
	/** A group's weight is an integer from 1 to this. */
	weight: 100,
	/** Highest limit of jobs active at once. */
	concurrency: 1_000_000,
	/** Highest rate, and the longest time that it may be spread over. */
	rate: 1_000_000,
	maxRateMs: 86_400_000,
	/** Highest cost of a job. */
	cost: 1_000,
	tags: 10,
	tagLength: 64,
	/** Most characters in the name of a worker, or of who cancels. */
	nameLength: 128,
	/** Most characters in the reason of a cancellation. */
	reasonLength: 1_000,
	/** Entries of a job's history. */
	history: 10,
	/** Errors longer than this stand in no history, only as the job's latest error. */
	historyErrorBytes: 4_096,
	/** Lanes of blocked groups that one take passes over. */
	lanesLookedAt: 1_000,
	/** How many jobs an explanation names. */
	namedHolders: 5,
	/** Most jobs that one step of a bulk operation looks at or acts upon. */
	operationStep: 500,
	/** Jobs that a dry run looks at. */
	dryRun: 10_000,
	/** Bulk operations under way at once, and how many that have ended are kept. */
	openOperations: 100,
	keptDocuments: 1_000,
	/** Most jobs and entries that one step of an examination looks at, and how many it does when nobody asks for a number. */
	examinationStep: 500,
	defaultExaminationStep: 200,
	/** Highest rate of a bulk operation, in jobs a second. */
	operationsPerSecond: 10_000,
	/** Keys of callers that are not revoked, grants and denials of one, and the longest that one may be good for (ten years). */
	keys: 1_000,
	grants: 100,
	maxKeyMs: 315_360_000_000,
	/** Lines of the audit log. */
	logEntries: 10_000,
	/** How long a push that asks for `replicated` waits for another machine, at the most. */
	replicationMs: 1_000,
	/** How long any call to a store may take before it fails with a typed error. */
	callDeadlineMs: 4_000,
} as const;
