import Type, { type TSchema } from 'typebox';
import { BackoffOption, CLOSED, JobOptionsSchema, type jobFields } from '../../../core/options.ts';
import { OUTCOMES } from '../../../core/transitions.ts';
import { LeaseBody } from '../../v1/extend.ts';
import { GOES_WITH, OutcomeBody } from '../../v1/outcomes.ts';
import { Batch } from '../../v1/push-batches.ts';
import { described } from '../route.ts';

export const JOB_OPTIONS: Record<keyof typeof jobFields, string> = {
	data: 'The payload: any JSON, kept byte for byte.',
	priority: 'Higher is sooner. Default 0.',
	delayMs: 'Run no sooner than that from now. Default 0.',
	runAt: 'Instead of `delayMs`: run no sooner than then.',
	maxAttempts: "Most runs. Default: the topic's, else the server's.",
	backoff: "The wait before a retry. Default: the topic's.",
	group: 'Whose job it is: groups share a topic by weight. At most 1,024 bytes. Default: none.',
	cost: 'What one start counts against a rate. Default 1.',
	timeoutMs: 'Longest run. Default: none.',
	ttlMs: 'Not taken within that of the moment it may first run, it is dead. Default: none.',
	retryForMs: 'No further attempt later than that after the moment it may first run. Default: none.',
	maxCrashes: 'Most runs that may end with a vanished worker. Default: `maxAttempts`.',
	onRetry: 'Where a failed job goes in a group with a limit of one. Default `keep`.',
	unique: 'At most one job of a topic holds the key. Default: none.',
	tags: 'Words to find it by. Default: none.',
	parent: 'The job that this one comes of. Default: none.',
};

const { unique } = JobOptionsSchema.properties;

/** The fields that may come with one outcome. */
function outcomeOf(name: (typeof OUTCOMES)[number]): TSchema {
	const {
		id,
		token,
		parkMs,
		outcome: _,
		...others
	} = described(OutcomeBody, {
		id: 'The job.',
		token: 'That of the delivery.',
		outcome: 'How it ends.',
		result: 'Any JSON of at most 64 KiB.',
		error: 'Any JSON of at most 64 KiB.',
		delayMs: 'How long it waits. Default: as its backoff says, or not at all.',
		reason: 'Why it is dead. Default `killed`.',
		parkMs: 'So long its group, or its topic, gives no more jobs.',
	}).properties;
	const own = Object.entries(others).filter(([field]) =>
		GOES_WITH[field as keyof typeof GOES_WITH].some((one) => one === name),
	);
	const optional = [...own, ['parkMs', parkMs] as const].map(([field, one]) => [field, Type.Optional(one)]);
	return Type.Object({ id, token, outcome: Type.Literal(name), ...Object.fromEntries(optional) }, CLOSED);
}

/** What stands under a name where a reader checks the rest after its schema, or says nothing of what its fields are for. */
export const DEFINITIONS: Record<string, TSchema> = {
	NewJob: {
		...described(JobOptionsSchema, JOB_OPTIONS),
		json: { not: { required: ['delayMs', 'runAt'] } },
		about: 'A job to be stored.',
	},
	Backoff: {
		...described(BackoffOption, {
			type: 'Whether the wait grows.',
			delayMs: 'The wait after the first failed attempt; `exponential` doubles it each time.',
			maxMs: 'Longest wait. Default: a year.',
			jitter: 'The share of the wait that is random. Default 0.',
		}),
		about: 'How long a job waits before its next attempt.',
	},
	UniqueOption: {
		...described(unique, {
			key: 'The key.',
			scope: 'How long a job holds it. Default `unfinished`.',
			onConflict: 'What a push does that finds it held. Default `keep`.',
		}),
		about: 'A key that at most one job of a topic holds.',
	},
	Outcome: Object.assign(Type.Union(OUTCOMES.map(outcomeOf)), { about: 'How a delivery ends.' }),
	Lease: {
		...described(LeaseBody, {
			id: 'The job.',
			token: 'That of the delivery.',
			progress: 'Any JSON of at most 64 KiB: how far it is.',
			started: 'The work on it begins now.',
		}),
		about: 'A lease to be prolonged.',
	},
	PushBatch: {
		...described(Batch, {
			topic: 'The topic.',
			jobs: 'The jobs.',
			idempotencyKey: 'The same batch under the same key is stored once.',
			durability: 'Asks to be on a replica too; the answer tells what was reached.',
		}),
		about: 'Jobs of one topic that are stored whole or not at all.',
	},
};
