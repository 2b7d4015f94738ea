import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { LIMITS } from '../../core/limits.ts';
import { CLOSED, TopicName } from '../../core/options.ts';
import { checker } from '../../core/validate.ts';
import { bodyOf } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { queryOf } from '../params.ts';
import { sendJson } from '../reply.ts';

const fields = {
	topic: Type.Optional(TopicName),
	cursor: Type.Optional(Type.String()),
	limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.examinationStep })),
};

export const DoctorQuery = checker(Type.Object(fields, CLOSED), 'query');
export const RepairBody = checker(Type.Object({ ...fields, repair: Type.Literal(true) }, CLOSED));

interface Asked {
	topic?: string;
	cursor?: string;
	limit?: number;
}

/** /v1/doctor: whether records and indexes agree. A repair changes things, so it is no GET. */
export function doctorRoutes(app: FastifyInstance, { engine }: ServerContext): void {
	app.get('/v1/doctor', async (request, reply) => {
		const query = queryOf(request, DoctorQuery);
		return sendJson(reply, JSON.stringify(await engine.examine({ ...stepOf(query), repair: false })));
	});

	app.post('/v1/doctor', async (request, reply) => {
		const { value } = bodyOf(request);
		const body = RepairBody.check(value);
		return sendJson(reply, JSON.stringify(await engine.examine({ ...stepOf(body), repair: true })));
	});
}

function stepOf({ topic, cursor, limit }: Asked) {
	return { topic: topic ?? null, cursor: cursor || null, limit: limit ?? LIMITS.defaultExaminationStep };
}
