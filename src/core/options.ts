import type { Static } from 'typebox';
import Type from 'typebox';
import { isTopic, parseId } from './ids.ts';
import { JOB_STATES, type NewJob } from './job.ts';
import { type RawJson, utf8Length } from './json.ts';
import { LIMITS } from './limits.ts';
import { OUTCOMES, REASON } from './transitions.ts';
import { pathOf, refuse } from './validate.ts';

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
export const Key = Type.Refine(
	Type.String({ expected: `must be 1 to ${LIMITS.keyLength} printable ASCII characters` }),
	(text) => text.length <= LIMITS.keyLength && /^[\x20-\x7e]+$/.test(text),
);

export const Group = Type.Refine(
	Type.String({ expected: `must be text of 1 to ${LIMITS.groupBytes} UTF-8 bytes without control characters` }),
	isGroup,
);

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

export type JobOptions = Static<typeof JobOptionsSchema>;

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

/** Tenants are shown to people and stored as keys, so they must survive both: no lone surrogates, no control characters. */
function isGroup(text: string): boolean {
	if (text === '' || text.length > LIMITS.groupBytes) return false;
	return !/[\p{Cc}\p{Cs}]/u.test(text) && utf8Length(text) <= LIMITS.groupBytes;
}

/**
 * The job to be stored, every default filled in.
 *
 * @param options checked against `JobOptionsSchema`
 * @param data the payload as it stood in the request
 * @param at path of the job in the request, for messages
 * @throws INVALID when the options contradict each other
 */
export function newJob(options: JobOptions, data: RawJson, defaults: { maxAttempts: number }, at = ''): NewJob {
	if (options.delayMs !== undefined && options.runAt !== undefined) {
		throw refuse(pathOf(at, 'runAt'), 'cannot be given together with delayMs; use one of them', options.runAt);
	}
	return {
		data,
		// JSON has a −0, which the stores would not give back.
		priority: (options.priority ?? 0) + 0,
		group: options.group ?? null,
		maxAttempts: options.maxAttempts ?? defaults.maxAttempts,
		backoff: options.backoff ?? null,
		delayMs: (options.delayMs ?? 0) + 0,
		runAt: options.runAt ?? null,
	};
}
