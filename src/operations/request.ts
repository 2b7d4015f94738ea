import Type from 'typebox';
import { parseId } from '../core/ids.ts';
import type { JobState } from '../core/job.ts';
import { LIMITS } from '../core/limits.ts';
import { ACTIONS, type OperationAction, type OperationRequest } from '../core/operation.ts';
import { CLOSED, Group, JobIdText, JobStateName, Name, OneOf, Tag, TopicName, Words } from '../core/options.ts';
import { pathOf, refuse } from '../core/refuse.ts';
import { checker } from '../core/validate.ts';

const States = Type.Union([JobStateName, Type.Array(JobStateName, { minItems: 1 })], {
	expected: 'must be a state or an array of states',
});

const Age = Type.Integer({ minimum: 0, maximum: LIMITS.maxTimestamp });

export const Filter = Type.Object(
	{
		topic: TopicName,
		state: States,
		group: Type.Optional(Group),
		tag: Type.Optional(Tag),
		olderThanMs: Type.Optional(Age),
		newerThanMs: Type.Optional(Age),
		error: Type.Optional(Words),
		ids: Type.Optional(Type.Array(JobIdText, { minItems: 1, maxItems: LIMITS.batch })),
	},
	CLOSED,
);

export const OperationBody = Type.Object(
	{
		action: OneOf(Object.keys(ACTIONS) as OperationAction[]),
		filter: Filter,
		to: Type.Optional(TopicName),
		perSecond: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.operationsPerSecond })),
		dryRun: Type.Optional(Type.Boolean()),
		actor: Type.Optional(Name),
		reason: Type.Optional(Words),
	},
	CLOSED,
);

const RequestCheck = checker(OperationBody);

/** A request as it may be made, with the word whether it is to be a dry run. */
export type CheckedRequest = OperationRequest & { dryRun: boolean };

/** @throws INVALID, with the first field that is wrong */
export function checkRequest(value: unknown): CheckedRequest {
	const { dryRun = false, filter, ...request } = RequestCheck.check(value);
	const states = statesOf(request.action, filter.state);
	if (!dryRun || request.to !== undefined) checkTarget(request.action, filter.topic, request.to);
	const ids = filter.ids && [...new Set(filter.ids)];
	for (const [index, id] of ids?.entries() ?? []) {
		if (parseId(id)?.topic === filter.topic) continue;
		throw refuse(pathOf('filter.ids', index), `must be a job of the topic ${filter.topic}`, id);
	}
	return { ...request, dryRun, filter: { ...filter, state: states, ...(ids === undefined ? {} : { ids }) } };
}

/** In the order in which they are looked through, each once. */
function statesOf(action: OperationAction, given: JobState | JobState[]): JobState[] {
	const states = typeof given === 'string' ? [given] : given;
	const allowed: readonly JobState[] = ACTIONS[action];
	const stranger = states.find((state) => !allowed.includes(state));
	if (stranger === undefined) return allowed.filter((state) => states.includes(state));
	throw refuse('filter.state', `must be one or several of ${allowed.join(', ')} for ${action}`, stranger);
}

function checkTarget(action: OperationAction, topic: string, to: string | undefined): void {
	if (action !== 'move') {
		if (to !== undefined) throw refuse('to', `goes only with move, and the action is ${action}`, to);
	} else if (to === undefined || to === topic) {
		throw refuse('to', `must be another topic than ${topic}`, to);
	}
}
