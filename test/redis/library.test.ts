import { createClient } from 'redis';
import { expect, onTestFinished, test } from 'vitest';
import { toRawJson } from '../../src/core/json.ts';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { batch, newJob } from '../support/jobs.ts';
import { type RedisServerOptions, redisForTest } from '../support/redis-server.ts';
import { until } from '../support/wait.ts';

const TAKE = { topics: ['emails'], max: 100, leaseMs: 60_000 };

/** A server, a client of it, and an engine that may do what `rules` allow its user. */
async function open({ rules = '+@all', ...options }: RedisServerOptions & { rules?: string } = {}) {
	const server = await redisForTest(options);
	const client = await createClient({ url: server.url }).connect();
	onTestFinished(() => client.destroy());
	await client.sendCommand(['ACL', 'SETUSER', 'millrace', 'on', '>secret', '~*', '&*', ...rules.split(' ')]);
	const engine = new RedisEngine({ url: `redis://millrace:secret@127.0.0.1:${server.port}` });
	onTestFinished(() => engine.close());
	await engine.open();
	/** How often Redis ran the command, and when a user had it done. */
	const calls = async (command: string) => {
		const found = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(String(await client.info('commandstats')));
		return Number(found?.[1] ?? 0);
	};
	return { client, engine, calls };
}

const oneJob = (n: number) => ({ topic: 'emails', jobs: [newJob({ data: toRawJson({ n }) })] });
const dataOf = (jobs: { data: string }[]) => jobs.map(({ data }) => data);

test('scripts that Redis has forgotten are sent again, and calls under way take effect in their order', async () => {
	const { client, engine, calls } = await open();
	await engine.push([batch('emails', 1)]);
	await client.sendCommand(['FUNCTION', 'FLUSH']);
	await Promise.all(Array.from({ length: 20 }, (_, n) => engine.push([oneJob(n)])));
	expect(dataOf(await engine.take(TAKE)).slice(1)).toEqual(Array.from({ length: 20 }, (_, n) => `{"n":${n}}`));
	expect(await calls('eval')).toBe(0);
});

test('two versions of the scripts have names of their own: a library of another does not disturb', async () => {
	const { client, engine } = await open();
	const foreign = "#!lua name=millrace_0\nredis.register_function('millrace_0_push', function() return 1 end)";
	await client.sendCommand(['FUNCTION', 'LOAD', foreign]);
	await engine.push([batch('emails', 1)]);
	expect(await engine.take(TAKE)).toHaveLength(1);
	expect(await client.sendCommand(['FUNCTION', 'LIST'])).toHaveLength(2);
});

for (const rules of ['+@all -fcall', '+@all -function', '+@all -fcall -function|load']) {
	test(`a user who may not use functions (${rules}) has the same text run as a script`, async () => {
		const { engine, calls } = await open({ rules });
		await Promise.all(Array.from({ length: 20 }, (_, n) => engine.push([oneJob(n)])));
		const jobs = await engine.take(TAKE);
		expect(dataOf(jobs)).toEqual(Array.from({ length: 20 }, (_, n) => `{"n":${n}}`));
		const outcomes = jobs.map(({ id, token }) => ({ id, token, outcome: 'complete' as const }));
		expect((await engine.settle(outcomes)).every(({ status }) => status === 'ok')).toBe(true);
		expect(await engine.getJobs(['emails:1'])).toEqual([null]);
		expect(await calls('evalsha')).toBeGreaterThan(0);
	});
}

test('a full Redis without the scripts loads none, and jobs can be completed all the same', async () => {
	const { client, engine } = await open({ maxmemory: '8mb', args: ['--maxmemory-policy', 'noeviction'] });
	await engine.push([batch('emails', 1)]);
	const [job] = await engine.take(TAKE);
	const fill = (n: number) =>
		client.set(`filler${n}`, 'x'.repeat(200_000)).then(
			() => false,
			() => true,
		);
	let n = 0;
	await until(() => fill(n++), { what: 'the store to be full' });
	await client.sendCommand(['FUNCTION', 'FLUSH']).catch(() => undefined);
	await until(() => fill(n++), { what: 'the store to be full again' });
	await expect(engine.push([batch('emails', 1)])).rejects.toMatchObject({ code: 'STORE_FULL' });
	const outcome = { id: job?.id ?? '', token: job?.token ?? 0, outcome: 'complete' as const };
	expect(await engine.settle([outcome])).toMatchObject([{ status: 'ok', state: 'completed' }]);
});
