import { createClient } from 'redis';
import { expect, inject, onTestFinished, test } from 'vitest';
import { serve } from '../support/millrace-server.ts';
import { redisForTest } from '../support/redis-server.ts';
import { until } from '../support/wait.ts';

const LEASE_MS = 500;

interface Job {
	id: string;
	token: number;
	attempt: number;
}

async function post(url: string, path: string, body: unknown): Promise<{ jobs: Job[]; settled: unknown[] }> {
	const headers = { 'content-type': 'application/json' };
	const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
	return (await response.json()) as { jobs: Job[]; settled: unknown[] };
}

/** Two servers on one Redis, and a topic that nobody else uses. */
async function twoServers(name: string) {
	const start = () => serve(['--port', '0', '--store', inject('redisUrl')]);
	const servers = [start(), start()] as const;
	const [a, b] = await Promise.all(servers.map((server) => server.url()));
	return { servers, a: a ?? '', b: b ?? '', topic: `${name}-${inject('seed')}` };
}

test('a push to one server wakes a take that waits at another', async () => {
	const redis = await redisForTest();
	const [a, b] = await Promise.all([0, 1].map(() => serve(['--port', '0', '--store', redis.url]).url()));
	const client = await createClient({ url: redis.url }).connect();
	onTestFinished(() => client.destroy());
	await client.configResetStat();
	const taking = post(b ?? '', '/v1/take', { topics: ['emails'], waitMs: 60_000, leaseMs: 60_000 });
	// The topic is unknown, so maintenance runs no script there: the only one is the take that found nothing.
	const scripts = async () => /cmdstat_fcall:calls=[1-9]/.test(await client.info('commandstats'));
	await until(scripts, { what: 'the take to have asked' });
	const began = performance.now();
	await post(a ?? '', '/v1/topics/emails/jobs', { data: 1 });
	expect((await taking).jobs).toHaveLength(1);
	// Without the hint it would have asked again after 30 s.
	expect(performance.now() - began).toBeLessThan(10_000);
});

test('a job taken at one server is settled at another, and neither gives it twice', async () => {
	const { a, b, topic } = await twoServers('settle');
	await post(a, `/v1/topics/${topic}/jobs`, { data: 1 });
	const [first, second] = await Promise.all([a, b].map((url) => post(url, '/v1/take', { topics: [topic] })));
	const jobs = [...(first?.jobs ?? []), ...(second?.jobs ?? [])];
	expect(jobs).toHaveLength(1);
	const [{ id, token } = { id: '', token: 0 }] = jobs;
	const { settled } = await post(b, '/v1/settle', { outcomes: [{ id, token, outcome: 'complete' }] });
	expect(settled).toMatchObject([{ id, status: 'ok', state: 'completed' }]);
});

test('a job of a server that died is given back within its lease and a second by the other', async () => {
	const { servers, a, b, topic } = await twoServers('reclaim');
	await post(a, `/v1/topics/${topic}/jobs`, { data: 1 });
	const taken = await post(a, '/v1/take', { topics: [topic], leaseMs: LEASE_MS });
	expect(taken.jobs).toMatchObject([{ attempt: 1 }]);
	const began = performance.now();
	servers[0].child.kill('SIGKILL');
	const again = await post(b, '/v1/take', { topics: [topic], waitMs: 30_000 });
	expect(again.jobs).toMatchObject([{ attempt: 2, token: 2 }]);
	const took = performance.now() - began;
	expect(took).toBeGreaterThan(LEASE_MS / 2);
	expect(took).toBeLessThan(LEASE_MS + 1_000 + 500);
});
