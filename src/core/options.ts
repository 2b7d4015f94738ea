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

/** Changes to a topic's settings: a value sets, null removes, an absent field stays. */
export const SettingsPatchSchema = Type.Object(
	{
		maxAttempts: Type.Optional(Type.Union([MaxAttempts, Type.Null()])),
		backoff: Type.Optional(Type.Union([BackoffOption, Type.Null()])),
		leaseMs: Type.Optional(Type.Union([LeaseMs, Type.Null()])),
		completed: Type.Optional(Type.Union([Retained, Type.Null()])),
		dead: Type.Optional(Type.Union([Retained, Type.Null()])),
	},
	CLOSED,
);
