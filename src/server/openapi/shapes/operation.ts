import Type, { type TSchema } from 'typebox';
import { ACTIONS, type OperationAction } from '../../../core/operation.ts';
import { CLOSED, JobStateName, OneOf, TopicName } from '../../../core/options.ts';
import { Filter, OperationBody } from '../../../operations/request.ts';
import { OPERATION_ID } from '../../v1/operations.ts';
import { described, nullable } from '../route.ts';
import { say } from '../schema.ts';
import { at, atOrNever, count, Text } from './common.ts';

const AskedFilter = described(Filter, {
	topic: 'The topic of the jobs.',
	state: 'Jobs in one of these states.',
	group: 'Jobs of this group.',
	tag: 'Jobs with this tag.',
	olderThanMs: 'Pushed at least so long before the operation began.',
	newerThanMs: 'Pushed less than so long before the operation began.',
	error: 'Stands in the text of the latest error.',
	ids: 'Only these jobs, all of the topic.',
});

const Asked = described(OperationBody, {
	action: 'What is done to the jobs.',
	filter: 'Which jobs. A job must fit every field that is there.',
	to: 'Another topic, which a `move` is to.',
	perSecond: 'Most jobs that are acted upon in a second. Default: as fast as it goes.',
	dryRun: 'Only counts the jobs; nothing is started or changed.',
	actor: 'Who asks for it.',
	reason: 'Why; it is kept with the operation and with each job that it cancels.',
});

const { topic, state: _state, ...more } = AskedFilter.properties;

/** A filter as it is kept. */
const KeptFilter = Type.Object({ topic, state: Type.Array(JobStateName, { minItems: 1 }), ...optional(more) }, CLOSED);

/** What each action may be asked with. The reader checks the same after the schema. */
function requestOf(action: OperationAction) {
	const State = OneOf(ACTIONS[action]);
	const filter = Type.Object(
		{ topic, state: Type.Union([State, Type.Array(State, { minItems: 1 })]), ...optional(more) },
		CLOSED,
	);
	const { action: _, filter: _f, to, ...rest } = Asked.properties;
	return Type.Object(
		{ action: Type.Literal(action), filter, ...optional(action === 'move' ? { to, ...rest } : rest) },
		CLOSED,
	);
}

function optional<P extends Record<string, TSchema>>(properties: P) {
	return Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, Type.Optional(one)]));
}

export const OperationRequest = Type.Union((Object.keys(ACTIONS) as OperationAction[]).map(requestOf), {
	component: 'OperationRequest',
	about: 'A bulk operation. A `move` needs `to`, unless it is a dry run.',
});

const byKey = {
	key: Type.Optional(Type.String({ description: 'The id of the key that did it.' })),
	said: Type.Optional(Type.String({ description: 'Who the caller said it is.' })),
};

const OperationIdText = Type.String({ component: 'OperationId', json: { pattern: OPERATION_ID.source } });

export const Operation = Type.Object(
	{
		id: OperationIdText,
		action: OneOf(Object.keys(ACTIONS)),
		filter: KeptFilter,
		to: nullable(TopicName),
		perSecond: nullable(count('')),
		actor: nullable(Text),
		reason: nullable(Text),
		...byKey,
		state: OneOf(['running', 'completed', 'cancelled']),
		complete: Type.Boolean({ description: 'False when it ended before it had looked at every job.' }),
		error: say(nullable(Text), 'What made it fail.'),
		progress: Type.Object({
			scanned: count('Jobs looked at.'),
			matched: count('Those of them that fit the filter.'),
			done: count('Those that were acted upon.'),
			refused: count('Those that could not be.'),
		}),
		createdAt: at('Jobs pushed or finished later than this are left alone.'),
		updatedAt: at('When it last moved on.'),
		finishedAt: atOrNever('When it ended.'),
	},
	{ component: 'Operation', about: 'A bulk operation.' },
);

export const OperationAnswer = Type.Object({ operation: Operation });

export const DryRun = Type.Object({
	matched: count('Jobs that fit.'),
	scanned: count('Jobs looked at.'),
	complete: Type.Boolean({ description: 'False when there are more jobs than were looked at.' }),
});

export const AuditEntry = Type.Object(
	{
		at: at('When.'),
		actor: say(nullable(Text), 'Who did it: the name of a key, or else what was said.'),
		...byKey,
		action: Type.String({ description: 'Such as `topic.pause`.' }),
		target: Type.String({ description: 'What it was done to.' }),
		details: Type.Object({}, { description: 'What else is to be told of this action.' }),
	},
	{ component: 'AuditEntry', about: 'What an operator has done.' },
);
