import Type, { type TProperties } from 'typebox';
import type { Blocking } from '../../../core/explanation.ts';
import { LIMITS } from '../../../core/limits.ts';
import { Group, JobIdText, JobStateName } from '../../../core/options.ts';
import { at, atOrNever, count } from './common.ts';

const group = Group;
const limit = count('The limit.');
const heldBy = Type.Array(JobIdText, { maxItems: LIMITS.namedHolders, description: 'Some of the jobs that use it.' });
const until = atOrNever('null for a pause without end.');
const parkedUntil = at('When it ends.');
const opensAt = at('When there is room again.');

/** The facts of each reason. */
const REASONS: Record<Blocking['code'], TProperties> = {
	topic_paused: { until },
	topic_parked: { until: parkedUntil },
	topic_limit: { limit, heldBy },
	topic_rate: { opensAt },
	group_paused: { group, until },
	group_parked: { group, until: parkedUntil },
	group_limit: { group, limit, heldBy },
	group_rate: { group, opensAt },
	due: { at: at('When the delayed job is due.') },
	unique: { key: Type.String({ description: 'The unique key.' }), holder: JobIdText },
	behind: {
		jobs: count('Those of its own lane and of higher priorities.'),
		groups: count('Those that it takes turns with.'),
	},
};

const Reason = Type.Union(
	Object.entries(REASONS).map(([code, facts]) =>
		Type.Object({ code: Type.Literal(code), ...facts, text: Type.String({ description: 'The same for people.' }) }),
	),
	{ component: 'Reason', about: 'What holds a job back.' },
);

export const Explanation = Type.Object(
	{
		id: JobIdText,
		state: JobStateName,
		next: Type.Boolean({ description: 'A worker that takes one job from the topic now gets this one.' }),
		reasons: Type.Array(Reason, { description: 'The job does not run before every one of them has gone.' }),
		summary: Type.String({ description: 'Everything in whole sentences, for people.' }),
		lastTakeAt: atOrNever('When a take last asked for jobs of the topic; null for never.'),
	},
	{ component: 'Explanation', about: 'Why a job does or does not run, by the same rules as takes.' },
);
