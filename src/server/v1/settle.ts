import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { member, type RawJson } from '../../core/json.ts';
import { CLOSED } from '../../core/options.ts';
import { checker } from '../../core/validate.ts';
import { withRetryDelays } from '../../engine/retry-delays.ts';
import { bodyOf } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { sendJson } from '../reply.ts';
import { OutcomeBodies, readOutcomes, settledBody } from './outcomes.ts';

export const SettleBody = checker(Type.Object({ outcomes: OutcomeBodies }, CLOSED));

/** POST /v1/settle: ends deliveries. */
export function settleRoute(app: FastifyInstance, context: ServerContext): void {
	app.post('/v1/settle', async (request, reply) => {
		const body = bodyOf(request);
		const checked = SettleBody.check(body.value);
		const text = member(body.text, 'outcomes') as RawJson;
		const outcomes = await withRetryDelays(readOutcomes(checked.outcomes, text, 'outcomes'), context);
		const results = await context.engine.settle(outcomes);
		return sendJson(reply, JSON.stringify({ settled: settledBody(outcomes, results) }));
	});
}
