import Type, { type TSchema } from 'typebox';
import { LIMITS } from '../../../core/limits.ts';
import {
	BackoffOption,
	CLOSED,
	JobIdText,
	JobStateName,
	jobFields,
	MaxAttempts,
	OneOf,
	Tag,
	TimeMs,
	Token,
	TopicName,
} from '../../../core/options.ts';
import { nullable } from '../route.ts';
import { say } from '../schema.ts';
import { at, atOrNever, count, payload, Text } from './common.ts';

const { priority, group, cost, timeoutMs, ttlMs, retryForMs, maxCrashes, onRetry, parent } = jobFields;

const { key, scope, onConflict } = jobFields.unique.properties;

/** As in the push, with the defaults filled in. */
const Unique = Type.Object({ key, scope: required(scope), onConflict: required(onConflict) }, CLOSED);

/** A schema that is optional in a push, in an answer that always has it. */
function required(schema: TSchema): TSchema {
	return { ...schema };
}

const GroupOrNone = say(nullable(required(group)), 'null for the common lane.');

function historyOf(error: TSchema) {
	const entry = Type.Object({
		kind: OneOf(['failed', 'killed', 'timeout', 'crashed', 'cancelled']),
		at: at('When.'),
		attempt: count('The run that ended; of a job cancelled while no run was under way, the runs used.'),
		by: say(nullable(Text), 'The worker, or who cancelled it.'),
		error,
	});
	return Type.Array(entry, { maxItems: LIMITS.history, description: 'What it has been through, the latest first.' });
}

const told = {
	id: JobIdText,
	topic: TopicName,
	state: JobStateName,
	data: payload('The payload.'),
	priority: required(priority),
	group: GroupOrNone,
	attempt: count('The number of this run for an active job, otherwise how many have been used.'),
	maxAttempts: MaxAttempts,
	failures: count("Runs that failed by the worker's word or by a timeout."),
	crashes: count('Runs that ended with a vanished worker.'),
	releases: count('Runs given back unused.'),
	token: count('That of the latest delivery; 0 before the first.'),
	worker: say(nullable(Text), 'Who has an active job, if it said so.'),
	backoff: say(nullable(BackoffOption), "null: as the topic's settings say."),
	cost,
	timeoutMs,
	ttlMs,
	retryForMs,
	maxCrashes,
	onRetry,
	unique: Type.Optional(Unique),
	tags: Type.Optional(Type.Array(Tag)),
	parent,
	createdAt: at('When it was pushed.'),
	runAt: atOrNever('When a delayed job becomes due; null for one that is queued behind another.'),
	leaseExpiresAt: atOrNever('When the lease of an active job ends.'),
	finishedAt: atOrNever('When it ended.'),
	reason: say(nullable(Text), 'Why a dead job is dead; `cancelled` for a cancelled one.'),
};

const RESULT = 'What the completing worker handed in; null for nothing.';
const ERROR = 'What the latest failing worker handed in; null for nothing.';
const PROGRESS = 'What a worker last said of how far it is; null for nothing.';

export const Job = Type.Object(
	{
		...told,
		result: payload(RESULT),
		error: payload(ERROR),
		progress: payload(PROGRESS),
		history: historyOf(payload('What was handed in, or why it was cancelled; null for nothing.')),
	},
	{ component: 'Job', about: 'A stored job.' },
);

/** One in a list tells nothing from null. */
export const ListedJob = Type.Object(
	{
		...told,
		result: Type.Optional(payload('Absent when nothing was handed in.')),
		error: Type.Optional(payload('Absent when nothing was handed in.')),
		progress: Type.Optional(payload('Absent when nothing was said.')),
		history: historyOf(Type.Optional(payload('Absent when there is none.'))),
	},
	{
		component: 'ListedJob',
		about: 'A stored job in a list: a result, an error or a progress that nobody handed in is absent.',
	},
);

export const TakenJob = Type.Object(
	{
		id: JobIdText,
		topic: TopicName,
		token: Token,
		data: payload('The payload.'),
		attempt: Type.Integer({ minimum: 1, description: 'The number of this run.' }),
		maxAttempts: MaxAttempts,
		priority: required(priority),
		group: GroupOrNone,
		createdAt: at('When it was pushed.'),
		leaseExpiresAt: at("Until when it is this worker's."),
		timeoutMs: Type.Optional(TimeMs),
	},
	{ component: 'TakenJob', about: 'A job under a lease.' },
);
