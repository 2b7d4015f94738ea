import Type, { type TSchema } from 'typebox';
import { JOB_STATES } from './job.ts';
import { GROUP, KEY, SCOPE } from './job-options.ts';
import { LIMITS } from './limits.ts';
import { ASKED_DURABILITY, JOB_ID, NAME, type Rule, TAG, TOPIC, UNIQUE_KEY, WORDS } from './rules.ts';
import { OUTCOMES, REASON_WORD } from './transitions.ts';
import { ON_CONFLICT } from './unique.ts';

/** Objects here take no field that is not listed: an option that would be ignored is an error. */
export const CLOSED = { additionalProperties: false } as const;

/** One of a few words. */
export function OneOf<const T extends readonly string[]>(words: T, options: { component?: string } = {}) {
	return Type.Union(
		words.map((word) => Type.Literal(word as T[number])),
		options,
	);
}

/** Text that keeps a rule. @param component its name in the published description of the API */
export function Ruled({ expected, allows, json }: Rule, component?: string) {
	return Type.Refine(Type.String({ expected, json, component }), allows);
}

export const TopicName = Ruled(TOPIC, 'TopicName');

export const JobIdText = Ruled(JOB_ID, 'JobId');

/** Fencing number of one delivery. */
export const Token = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, component: 'Token' });

export const LeaseMs = Type.Integer({ minimum: LIMITS.minLeaseMs, maximum: LIMITS.maxLeaseMs });

export const DelayMs = Type.Integer({ minimum: 0, maximum: LIMITS.maxDelayMs });

/** A time that is none when it is 0. */
export const TimeMs = Type.Integer({ minimum: 1, maximum: LIMITS.maxDelayMs });

export const Instant = Type.Integer({ minimum: 0, maximum: LIMITS.maxTimestamp });

export const MaxAttempts = Type.Integer({ minimum: 1, maximum: LIMITS.maxAttempts });

/** An idempotency key or a request id. */
export const Key = Ruled(KEY, 'IdempotencyKey');

export const AskedDurability = Type.Literal('replicated', { expected: ASKED_DURABILITY.expected });

export const Group = Ruled(GROUP, 'GroupName');

/** A worker, or who cancels a job. */
export const Name = Ruled(NAME, 'Name');

/** A word to find jobs by. */
export const Tag = Ruled(TAG, 'Tag');

/** Why a job is cancelled, in free words. */
export const Words = Ruled(WORDS);

export const Reason = Ruled(REASON_WORD);

export const JobStateName = OneOf(JOB_STATES, { component: 'JobState' });

export const OutcomeWord = OneOf(OUTCOMES);

export const BackoffOption = Type.Object(
	{
		type: OneOf(['fixed', 'exponential']),
		delayMs: DelayMs,
		maxMs: Type.Optional(DelayMs),
		jitter: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
	},
	{ ...CLOSED, component: 'Backoff' },
);

const UniqueSchema = Type.Object(
	{
		key: Ruled(UNIQUE_KEY),
		scope: Type.Optional(
			Type.Union([Type.Literal('waiting'), Type.Literal('unfinished'), Type.Object({ windowMs: TimeMs }, CLOSED)], {
				expected: SCOPE.expected,
			}),
		),
		onConflict: Type.Optional(OneOf(ON_CONFLICT)),
	},
	{ ...CLOSED, component: 'UniqueOption' },
);

/** What a caller may say about a job, next to the payload. */
export const jobFields = {
	data: Type.Unknown(),
	priority: Type.Optional(Type.Integer({ minimum: -LIMITS.priority, maximum: LIMITS.priority })),
	delayMs: Type.Optional(DelayMs),
	runAt: Type.Optional(Instant),
	maxAttempts: Type.Optional(MaxAttempts),
	backoff: Type.Optional(BackoffOption),
	group: Type.Optional(Group),
	cost: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.cost })),
	timeoutMs: Type.Optional(TimeMs),
	ttlMs: Type.Optional(TimeMs),
	retryForMs: Type.Optional(TimeMs),
	maxCrashes: Type.Optional(MaxAttempts),
	onRetry: Type.Optional(OneOf(['keep', 'requeue'])),
	unique: Type.Optional(UniqueSchema),
	tags: Type.Optional(Type.Array(Tag, { maxItems: LIMITS.tags })),
	parent: Type.Optional(JobIdText),
};

export const JobOptionsSchema = Type.Object(jobFields, { ...CLOSED, component: 'NewJob' });

const Retained = Type.Object(
	{
		count: Type.Integer({ minimum: 0, maximum: LIMITS.retainedJobs }),
		ageMs: DelayMs,
	},
	{ ...CLOSED, component: 'Retention' },
);

const RateOption = Type.Refine(
	Type.Object(
		{
			limit: Type.Integer({ minimum: 1, maximum: LIMITS.rate }),
			perMs: Type.Integer({ minimum: 1, maximum: LIMITS.maxRateMs }),
			burst: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.rate })),
		},
		{ ...CLOSED, component: 'Rate', expected: 'must be {limit, perMs, burst?} with burst ≤ limit' },
	),
	({ limit, burst = limit }) => burst <= limit,
);

const limitFields = {
	concurrency: Type.Integer({ minimum: 1, maximum: LIMITS.concurrency }),
	rate: RateOption,
};

const Bytes = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** null goes back to the default. */
function Setting<S extends TSchema>(schema: S) {
	return Type.Optional(Type.Union([schema, Type.Null()]));
}

/** Changes to a topic's settings: a value sets, null removes, an absent field stays. */
export const SettingsPatchSchema = Type.Object(
	{
		maxAttempts: Setting(MaxAttempts),
		backoff: Setting(BackoffOption),
		leaseMs: Setting(LeaseMs),
		completed: Setting(Retained),
		dead: Setting(Retained),
		cancelled: Setting(Retained),
		concurrency: Setting(limitFields.concurrency),
		rate: Setting(limitFields.rate),
		groups: Setting(
			Type.Object(
				{ concurrency: Type.Optional(limitFields.concurrency), rate: Type.Optional(limitFields.rate) },
				{ ...CLOSED, component: 'GroupLimits' },
			),
		),
		waitingBytes: Setting(Bytes),
		finishedBytes: Setting(Bytes),
	},
	CLOSED,
);

/** Changes to one group's settings, in the same way. */
export const GroupPatchSchema = Type.Object(
	{
		weight: Setting(Type.Integer({ minimum: 1, maximum: LIMITS.weight })),
		concurrency: Setting(limitFields.concurrency),
		rate: Setting(limitFields.rate),
	},
	CLOSED,
);
