import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { LIMITS } from '../../core/limits.ts';
import { CLOSED, Group, GroupPatchSchema } from '../../core/options.ts';
import { checker } from '../../core/validate.ts';
import { bodyOf, refuseBody } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { groupParam, NoQuery, PageQuery, pageOf, queryOf, topicParam } from '../params.ts';
import { single } from '../pushing.ts';
import { groupText } from '../render.ts';
import { sendJson } from '../reply.ts';
import { readPause } from './pausing.ts';

export const GroupPatchBody = checker(GroupPatchSchema);
export const GroupsBody = checker(Type.Object({ groups: Type.Array(Group, { maxItems: LIMITS.batch }) }, CLOSED));

const GROUP = '/v1/topics/:topic/groups/:group';

/** /v1/topics/{topic}/groups: the tenants of a topic, and what holds for each. */
export function groupRoutes(app: FastifyInstance, { engine, clock }: ServerContext): void {
	app.get('/v1/topics/:topic/groups', async (request, reply) => {
		const topic = topicParam(request);
		const page = await engine.listGroups({ topic, ...pageOf(queryOf(request, PageQuery)) });
		const listed = page.groups.map(groupText).join(',');
		return sendJson(reply, `{"groups":[${listed}],"nextCursor":${JSON.stringify(page.nextCursor)}}`);
	});

	app.post('/v1/topics/:topic/groups/lookup', async (request, reply) => {
		const topic = topicParam(request);
		const body = bodyOf(request);
		const { groups } = GroupsBody.check(body.value);
		const found = await engine.getGroups(topic, groups);
		return sendJson(reply, `{"groups":[${found.map(groupText).join(',')}]}`);
	});

	app.get(GROUP, async (request, reply) => {
		queryOf(request, NoQuery);
		return sendJson(reply, await readGroup(topicParam(request), groupParam(request)));
	});

	app.patch(GROUP, async (request, reply) => {
		const [topic, group] = [topicParam(request), groupParam(request)];
		const body = bodyOf(request);
		const patch = GroupPatchBody.check(body.value);
		await engine.putGroup(topic, group, patch);
		return sendJson(reply, await readGroup(topic, group));
	});

	app.post(`${GROUP}/pause`, async (request, reply) => {
		const [topic, group] = [topicParam(request), groupParam(request)];
		await engine.pauseGroup(topic, group, true, readPause(request, clock));
		return sendJson(reply, await readGroup(topic, group));
	});

	app.post(`${GROUP}/resume`, async (request, reply) => {
		const [topic, group] = [topicParam(request), groupParam(request)];
		refuseBody(request);
		await engine.pauseGroup(topic, group, false);
		return sendJson(reply, await readGroup(topic, group));
	});

	async function readGroup(topic: string, group: string): Promise<string> {
		return groupText(single(await engine.getGroups(topic, [group])));
	}
}
