import { expect, onTestFinished, test } from 'vitest';
import { startService } from '../../src/server/service.ts';
import { redisForTest } from '../support/redis-server.ts';
import { until } from '../support/wait.ts';

async function startOnRedis() {
	const redis = await redisForTest({ appendonly: true });
	const { app, close } = await startService({ store: redis.url });
	onTestFinished(close);
	const push = () => app.inject({ method: 'POST', url: '/api/jobs', payload: { job: { a: 1 }, topic: 't' } });
	const take = () => app.inject({ method: 'POST', url: '/v1/take', payload: { topics: ['t'], waitMs: 10_000 } });
	const timed = async (call: () => ReturnType<typeof push>) => {
		const began = performance.now();
		const { statusCode, headers } = await call();
		return { status: statusCode, retryAfter: headers['retry-after'], ms: performance.now() - began };
	};
	return { redis, app, push, take, timed };
}

test('while Redis is away requests get 503 in time, and all works again when it is back', async () => {
	const { redis, app, push, take, timed } = await startOnRedis();
	expect((await push()).statusCode).toBe(201);
	await redis.kill();
	for (const call of [push, take, () => app.inject('/readyz'), () => app.inject('/v1/topics')]) {
		const answer = await timed(call);
		expect(answer).toMatchObject({ status: 503, retryAfter: '1' });
		expect(answer.ms).toBeLessThan(5_000);
	}
	expect((await app.inject('/livez')).statusCode).toBe(200);
	await redis.restart();
	await until(async () => (await app.inject('/readyz')).statusCode === 200);
	expect((await push()).statusCode).toBe(201);
	expect((await take()).json().jobs).toHaveLength(1);
});

test('a Redis that hangs is a Redis that is away', async () => {
	const { redis, app, push, timed } = await startOnRedis();
	redis.pause();
	for (const call of [push, () => app.inject('/readyz')]) {
		const answer = await timed(call);
		expect(answer.status).toBe(503);
		expect(answer.ms).toBeLessThan(5_000);
	}
	redis.resume();
	await until(async () => (await app.inject('/readyz')).statusCode === 200);
	expect((await push()).statusCode).toBe(201);
});

test('a take that waits when Redis goes is answered, and does not wait for ever', async () => {
	const { redis, take, timed } = await startOnRedis();
	const waiting = timed(take);
	await redis.kill();
	const { status, ms } = await waiting;
	expect([200, 503]).toContain(status);
	expect(ms).toBeLessThan(15_000);
});
