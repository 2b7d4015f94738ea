import Type from 'typebox';
import { JobsQuery, PageQuery } from '../../params.ts';
import { TopicsBody } from '../../v1/batch.ts';
import { PauseBody } from '../../v1/pausing.ts';
import { TopicPatchBody } from '../../v1/topics.ts';
import { answer, described, nullable, type RouteDescription } from '../route.ts';
import { PAGE_WORDS, PATCH_WORDS, pageOf } from '../shapes/common.ts';
import { ListedJob } from '../shapes/job.ts';
import { TOPIC_SETTINGS, Topic } from '../shapes/topic.ts';

export const Pause = {
	schema: described(PauseBody.schema, {
		until: 'When it ends by itself. Default: never.',
		forMs: 'Instead of `until`: how long it lasts.',
	}),
	isOptional: true,
} as const;

const ONE = answer('The topic as it is now.', Topic);

const Found = Type.Object({
	topics: Type.Array(nullable(Topic), { description: 'In the order of the names; null for one that is not there.' }),
});

export const TOPICS = {
	'GET /v1/topics': {
		id: 'listTopics',
		tag: 'topics',
		summary: 'List topics by name',
		query: described(PageQuery.schema, PAGE_WORDS),
		answers: { 200: answer('One page.', pageOf('topics', Topic)) },
	},
	'POST /v1/topics/lookup': {
		id: 'getTopics',
		tag: 'topics',
		summary: 'Look at topics',
		body: { schema: described(TopicsBody.schema, { topics: 'Their names.' }) },
		answers: { 200: answer('What there is.', Found) },
	},
	'GET /v1/topics/:topic': {
		id: 'getTopic',
		tag: 'topics',
		summary: 'Look at a topic',
		answers: { 200: ONE },
		errors: ['NOT_FOUND'],
	},
	'GET /v1/topics/:topic/jobs': {
		id: 'listJobs',
		tag: 'topics',
		summary: 'List the jobs of a topic in one state',
		description:
			'Waiting jobs in the order of takes, delayed ones next due first, active ones next to expire first, finished ones newest first.',
		query: described(JobsQuery.schema, { state: 'The state.', ...PAGE_WORDS }),
		answers: { 200: answer('One page.', pageOf('jobs', ListedJob)) },
	},
	'PATCH /v1/topics/:topic': {
		id: 'configureTopic',
		tag: 'topics',
		summary: 'Change settings of a topic, making it when there is none',
		description: PATCH_WORDS,
		body: { schema: described(TopicPatchBody.schema, TOPIC_SETTINGS) },
		answers: { 200: ONE },
	},
	'POST /v1/topics/:topic/pause': {
		id: 'pauseTopic',
		tag: 'topics',
		summary: 'Let a topic give no jobs',
		body: Pause,
		answers: { 200: ONE },
	},
	'POST /v1/topics/:topic/resume': {
		id: 'resumeTopic',
		tag: 'topics',
		summary: 'End a pause of a topic',
		answers: { 200: ONE },
	},
} satisfies Record<string, RouteDescription>;
