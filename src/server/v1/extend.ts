import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { LIMITS } from '../../core/limits.ts';
import { CLOSED, JobIdText, LeaseMs, Token } from '../../core/options.ts';
import { checker } from '../../core/validate.ts';
import { bodyOf } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { refuseDuplicates } from '../envelope.ts';
import { sendJson } from '../reply.ts';

const Lease = Type.Object({ id: JobIdText, token: Token }, CLOSED);

const ExtendBody = checker(
	Type.Object({ leases: Type.Array(Lease, { maxItems: LIMITS.batch }), leaseMs: LeaseMs }, CLOSED),
);

/** POST /v1/extend: the heartbeat. Leases end `leaseMs` from now. */
export function extendRoute(app: FastifyInstance, { engine }: ServerContext): void {
	app.post('/v1/extend', async (request, reply) => {
		const body = bodyOf(request);
		const { leases, leaseMs } = ExtendBody.check(body.value);
		refuseDuplicates(body.text);
		const results = await engine.extend(leases, leaseMs);
		const answer = results.map((result, index) => ({ id: leases[index]?.id, ...result }));
		return sendJson(reply, JSON.stringify({ leases: answer }));
	});
}
