import Type from 'typebox';
import { PageQuery } from '../../params.ts';
import { GroupPatchBody, GroupsBody } from '../../v1/groups.ts';
import { answer, described, type RouteDescription } from '../route.ts';
import { PAGE_WORDS, PATCH_WORDS, pageOf } from '../shapes/common.ts';
import { GROUP_SETTINGS, Group } from '../shapes/topic.ts';
import { Pause } from './topics.ts';

const ONE = answer('The group as it is now, also one that has no jobs and no settings.', Group);

export const GROUPS = {
	'GET /v1/topics/:topic/groups': {
		id: 'listGroups',
		tag: 'groups',
		summary: 'List the groups that have settings of their own or are paused, by name',
		query: described(PageQuery.schema, PAGE_WORDS),
		answers: { 200: answer('One page.', pageOf('groups', Group)) },
	},
	'POST /v1/topics/:topic/groups/lookup': {
		id: 'getGroups',
		tag: 'groups',
		summary: 'Look at groups',
		body: { schema: described(GroupsBody.schema, { groups: 'Their names.' }) },
		answers: { 200: answer('The groups, in the order of the names.', Type.Object({ groups: Type.Array(Group) })) },
	},
	'GET /v1/topics/:topic/groups/:group': {
		id: 'getGroup',
		tag: 'groups',
		summary: 'Look at a group',
		answers: { 200: ONE },
	},
	'PATCH /v1/topics/:topic/groups/:group': {
		id: 'configureGroup',
		tag: 'groups',
		summary: 'Change settings of a group',
		description: PATCH_WORDS,
		body: { schema: described(GroupPatchBody.schema, GROUP_SETTINGS) },
		answers: { 200: ONE },
	},
	'POST /v1/topics/:topic/groups/:group/pause': {
		id: 'pauseGroup',
		tag: 'groups',
		summary: 'Let a group give no jobs',
		body: Pause,
		answers: { 200: ONE },
	},
	'POST /v1/topics/:topic/groups/:group/resume': {
		id: 'resumeGroup',
		tag: 'groups',
		summary: 'End a pause of a group',
		answers: { 200: ONE },
	},
} satisfies Record<string, RouteDescription>;
