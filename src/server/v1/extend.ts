import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import Type from 'typebox';
import { asRawJson, items, member, members, type RawJson } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { CLOSED, JobIdText, LeaseMs, Token } from '../../core/options.ts';
import { pathOf } from '../../core/refuse.ts';
import { checker } from '../../core/validate.ts';
import type { Lease } from '../../engine/engine.ts';
import { bodyOf } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { sendJson } from '../reply.ts';
import { bounded } from './outcomes.ts';

export const LeaseBody = Type.Object(
	{
		id: JobIdText,
		token: Token,
		progress: Type.Optional(Type.Unknown()),
		started: Type.Optional(Type.Boolean()),
	},
	{ ...CLOSED, component: 'Lease' },
);

export const ExtendBody = checker(
	Type.Object({ leases: Type.Array(LeaseBody, { maxItems: LIMITS.batch }), leaseMs: LeaseMs }, CLOSED),
);

/** POST /v1/extend: the heartbeat. Leases end `leaseMs` from now. */
export function extendRoute(app: FastifyInstance, { engine }: ServerContext): void {
	app.post('/v1/extend', async (request, reply) => {
		const body = bodyOf(request);
		const { leases, leaseMs } = ExtendBody.check(body.value);
		const results = await engine.extend(withProgress(leases, body.text), leaseMs);
		const answer = results.map((result, index) => ({ id: leases[index]?.id, ...result }));
		return sendJson(reply, JSON.stringify({ leases: answer }));
	});
}

/** The leases, with what their workers say of how far they are as it was written. */
function withProgress(leases: Static<typeof LeaseBody>[], text: RawJson): Lease[] {
	const texts = items(member(text, 'leases') ?? asRawJson('[]'));
	return leases.map(({ id, token, progress, started }, index) => {
		const lease = { id, token, ...(started === undefined ? {} : { started }) };
		if (progress === undefined) return lease;
		const at = pathOf('leases', index);
		return { ...lease, ...bounded(members(texts[index] ?? asRawJson('{}')), 'progress', at) };
	});
}
