import { expect, test } from 'vitest';
import { serve } from '../support/millrace-server.ts';
import { redisForTest } from '../support/redis-server.ts';

const TOPIC = 'limited';
const LIMIT = 10;
const PER_MS = 1_000;
/** A minute is what the promise was tried with; the default shows the same in less. */
const SECONDS = Number(process.env.MILLRACE_RATE_SECONDS ?? 8);
const WORKERS = 20;
const LEASE_MS = 60_000;

interface Taken {
	id: string;
	token: number;
	attempt: number;
	leaseExpiresAt: number;
}

async function call(url: string, path: string, body: object, method = 'POST'): Promise<{ jobs: Taken[] }> {
	const headers = { 'content-type': 'application/json' };
	const response = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
	expect(response.ok, await response.clone().text()).toBe(true);
	return response.json() as Promise<{ jobs: Taken[] }>;
}

/** When each job was taken by the store's clock: its lease is counted from then. */
async function work(url: string, starts: number[], until: number): Promise<void> {
	let n = 0;
	while (Date.now() < until) {
		const { jobs } = await call(url, '/v1/take', { topics: [TOPIC], max: 3, leaseMs: LEASE_MS, waitMs: 1_000 });
		const outcomes = jobs.map(({ id, token, attempt, leaseExpiresAt }) => {
			starts.push(leaseExpiresAt - LEASE_MS);
			n++;
			// Every third first run fails, and is tried again at once or later.
			if (attempt === 1 && n % 3 === 0) return { id, token, outcome: 'retry', delayMs: n % 2 === 0 ? 0 : 300 };
			return { id, token, outcome: 'complete' };
		});
		if (outcomes.length > 0) await call(url, '/v1/settle', { outcomes });
	}
}

test('no window holds more starts than the rate allows, and nearly all of it is used', async () => {
	const { url: redis } = await redisForTest();
	const servers = [serve(['--port', '0', '--store', redis]), serve(['--port', '0', '--store', redis])];
	const urls = await Promise.all(servers.map((server) => server.url()));
	const [url = ''] = urls;
	await call(url, `/v1/topics/${TOPIC}`, { rate: { limit: LIMIT, perMs: PER_MS } }, 'PATCH');
	const jobs = Array.from({ length: SECONDS * LIMIT * 2 }, (_, n) => ({ data: n, delayMs: n % 4 === 0 ? n * 20 : 0 }));
	const idle = performance.now();
	for (let at = 0; at < jobs.length; at += 500) {
		await call(url, `/v1/topics/${TOPIC}/jobs`, { jobs: jobs.slice(at, at + 500) });
	}
	const starts: number[] = [];
	const end = Date.now() + SECONDS * 1_000;
	await Promise.all(Array.from({ length: WORKERS }, (_, n) => work(urls[n % 2] ?? url, starts, end)));
	expect(performance.now() - idle).toBeGreaterThan(SECONDS * 1_000);

	starts.sort((a, b) => a - b);
	for (const [i, first] of starts.entries()) {
		const inWindow = starts.slice(i, i + LIMIT + 1).filter((at) => at < first + PER_MS).length;
		expect(inWindow, `starts from ${first} on`).toBeLessThanOrEqual(LIMIT);
	}
	const [first = 0, last = 0] = [starts[0], starts.at(-1)];
	const used = starts.length / (LIMIT * ((last - first) / PER_MS + 1));
	console.log(`used ${(used * 100).toFixed(1)} % of the rate: ${starts.length} starts in ${last - first} ms`);
	// A machine that is slow uses less; one that uses half has lost wake-ups.
	expect(used).toBeGreaterThan(0.5);
	const answer = await fetch(`${url}/v1/topics/${TOPIC}`);
	const { counts } = (await answer.json()) as { counts: Record<string, number> };
	expect(counts).toMatchObject({ dead: 0, cancelled: 0 });
	expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(jobs.length);
}, 240_000);
