import Type from 'typebox';
import { isTopic, parseId } from './ids.ts';
import { JOB_STATES } from './job.ts';
import { GROUP, KEY } from './job-options.ts';
import { LIMITS } from './limits.ts';
import { OUTCOMES, REASON } from './transitions.ts';

/** Objects here take no field that is not listed: an option that would be ignored is an error. */
export const CLOSED = { additionalProperties: false } as const;

/** One of a few words. */
export function OneOf<const T extends readonly string[]>(words: T) {
	return Type.Union(words.map((word) => Type.Literal(word as T[number])));
}

export const TopicName = Type.Refine(
	Type.String({
		expected: `must be 1 to ${LIMITS.topicLength} of A–Z a–z 0–9 . _ - and start with a letter or digit`,
	}),
	isTopic,
);

export const JobIdText = Type.Refine(
	Type.String({ expected: 'must be a job id like emails:1732616363278' }),
	(text) => parseId(text) !== undefined,
);

/** Fencing number of one delivery. */
export const Token = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

export const LeaseMs = Type.Integer({ minimum: LIMITS.minLeaseMs, maximum: LIMITS.maxLeaseMs });

export const DelayMs = Type.Integer({ minimum: 0, maximum: LIMITS.maxDelayMs });

export const MaxAttempts = Type.Integer({ minimum: 1, maximum: LIMITS.maxAttempts });

/** An idempotency key or a request id. */
export const Key = Type.Refine(Type.String({ expected: KEY.expected }), KEY.allows);

export const Group = Type.Refine(Type.String({ expected: GROUP.expected }), GROUP.allows);

export const Reason = Type.Refine(Type.String({ expected: 'must be 1 to 64 of a–z 0–9 _' }), (text) =>
	REASON.test(text),
);

export const JobStateName = OneOf(JOB_STATES);

export const OutcomeWord = OneOf(OUTCOMES);

export const BackoffOption = Type.Object(
	{
		type: OneOf(['fixed', 'exponential']),
		delayMs: DelayMs,
		maxMs: Type.Optional(DelayMs),
		jitter: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
	},
	CLOSED,
);

/** What a caller may say about a job, next to the payload. */
export const jobFields = {
	data: Type.Unknown(),
	priority: Type.Optional(Type.Integer({ minimum: -LIMITS.priority, maximum: LIMITS.priority })),
	delayMs: Type.Optional(DelayMs),
	runAt: Type.Optional(Type.Integer({ minimum: 0, maximum: LIMITS.maxTimestamp })),
	maxAttempts: Type.Optional(MaxAttempts),
	backoff: Type.Optional(BackoffOption),
	group: Type.Optional(Group),
};

export const JobOptionsSchema = Type.Object(jobFields, CLOSED);

const Retained = Type.Object(
	{
		count: Type.Integer({ minimum: 0, maximum: LIMITS.retainedJobs }),
		ageMs: DelayMs,
	},
	CLOSED,
);

function orNull<T extends Type.TSchema>(schema: T) {
	return Type.Optional(Type.Union([schema, Type.Null()]));
}

const Concurrency = Type.Integer({ minimum: 1, maximum: LIMITS.concurrency });

const RateOption = Type.Object(
	{
		limit: Type.Integer({ minimum: 1, maximum: LIMITS.rate }),
		perMs: Type.Integer({ minimum: 1, maximum: LIMITS.maxRateMs }),
		burst: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.rate })),
	},
	CLOSED,
);

const Bytes = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

/** Changes to a topic's settings: a value sets, null removes, an absent field stays. */
export const SettingsPatchSchema = Type.Object(
	{
		maxAttempts: orNull(MaxAttempts),
		backoff: orNull(BackoffOption),
		leaseMs: orNull(LeaseMs),
		completed: orNull(Retained),
		dead: orNull(Retained),
		cancelled: orNull(Retained),
		concurrency: orNull(Concurrency),
		rate: orNull(RateOption),
		groups: orNull(Type.Object({ concurrency: Type.Optional(Concurrency), rate: Type.Optional(RateOption) }, CLOSED)),
		waitingBytes: orNull(Bytes),
		finishedBytes: orNull(Bytes),
	},
	CLOSED,
);

/** Changes to one group's settings. */
export const GroupPatchSchema = Type.Object(
	{
		weight: orNull(Type.Integer({ minimum: 1, maximum: LIMITS.weight })),
		concurrency: orNull(Concurrency),
		rate: orNull(RateOption),
	},
	CLOSED,
);
