import { expect, test } from 'vitest';
import type { Operation } from '../../src/core/operation.ts';
import { serve } from '../support/millrace-server.ts';
import { redisForTest } from '../support/redis-server.ts';
import { until } from '../support/wait.ts';

const COUNT = 4_000;

async function call<T>(url: string, path: string, body?: unknown): Promise<T> {
	const headers = { 'content-type': 'application/json' };
	const init = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) };
	const response = await fetch(url + path, init);
	const text = await response.text();
	if (!response.ok) throw new Error(text);
	return JSON.parse(text);
}

/** Two servers on a Redis of their own, and jobs that wait in the topic `t`; their data are 0, 1, 2 … */
async function twoServers() {
	const redis = await redisForTest();
	const servers = [0, 1].map(() => serve(['--port', '0', '--store', redis.url]));
	const [a = '', b = ''] = await Promise.all(servers.map((server) => server.url()));
	for (let from = 0; from < COUNT; from += 1_000) {
		const jobs = Array.from({ length: 1_000 }, (_, n) => ({ data: from + n }));
		await call(a, '/v1/topics/t/jobs', { jobs });
	}
	return { servers, a, b };
}

async function dataOf(url: string, topic: string): Promise<number[]> {
	const found: number[] = [];
	let cursor: string | null = null;
	do {
		const query = `state=waiting&limit=1000${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
		const page: { jobs: { data: number }[]; nextCursor: string | null } = await call(
			url,
			`/v1/topics/${topic}/jobs?${query}`,
		);
		found.push(...page.jobs.map(({ data }) => data));
		cursor = page.nextCursor;
	} while (cursor !== null);
	return found;
}

test('a move whose server is killed half-way is finished by another one, with one copy of each job', async () => {
	const { servers, a, b } = await twoServers();
	const body = { action: 'move', to: 'u', filter: { topic: 't', state: 'waiting' } };
	const { operation } = await call<{ operation: Operation }>(a, '/v1/operations', body);
	const read = async () => (await call<{ operation: Operation }>(b, `/v1/operations/${operation.id}`)).operation;
	await until(async () => (await read()).progress.done > 0, { timeoutMs: 30_000, what: 'the first jobs to be moved' });
	servers[0]?.child.kill('SIGKILL');
	const { progress, state } = await read();
	expect(state).toBe('running');
	expect(progress.done).toBeLessThan(COUNT);
	const killedAt = performance.now();
	await until(async () => (await read()).progress.done > progress.done, {
		timeoutMs: 20_000,
		what: 'the other to go on',
	});
	expect(performance.now() - killedAt).toBeLessThan(12_000);
	await until(async () => (await read()).state === 'completed', {
		timeoutMs: 40_000,
		what: 'the end of the operation',
	});
	expect(await read()).toMatchObject({ complete: true, progress: { done: COUNT, refused: 0 } });
	expect(await dataOf(b, 't')).toEqual([]);
	// What was copied and not promoted when the server died waits half a minute at the most.
	const all = await until(
		async () => {
			const found = await dataOf(b, 'u');
			return found.length >= COUNT ? found : undefined;
		},
		{ timeoutMs: 40_000, what: 'every copy to wait' },
	);
	expect(all.sort((x, y) => x - y)).toEqual([...Array(COUNT).keys()]);
}, 180_000);

test('an operation that a server was told of goes on when that server is stopped in order', async () => {
	const { servers, a, b } = await twoServers();
	const body = { action: 'cancel', filter: { topic: 't', state: 'waiting' }, perSecond: 1_000 };
	const { operation } = await call<{ operation: Operation }>(a, '/v1/operations', body);
	servers[0]?.child.kill('SIGTERM');
	expect(await servers[0]?.exited).toBe(0);
	const read = async () => (await call<{ operation: Operation }>(b, `/v1/operations/${operation.id}`)).operation;
	await until(async () => (await read()).state === 'completed', {
		timeoutMs: 40_000,
		what: 'the end of the operation',
	});
	expect((await read()).progress).toEqual({ scanned: COUNT, matched: COUNT, done: COUNT, refused: 0 });
}, 180_000);
