import { createClient } from 'redis';
import { createEngine } from '../../dist/engine/index.js';
import { connect } from '../../dist/sdk/index.js';
import { each, percentile } from '../flow.ts';
import { payload } from '../payload.ts';
import type { Extra } from '../results.ts';
import { startStore } from '../stores/index.ts';
import { millraceServer } from '../stores/millrace.ts';
import type { ExtraOptions } from './index.ts';

const CALL = 1_000;
/** Long enough to end while jobs are cancelled. */
const LEASE_MS = 15_000;

type Client = ReturnType<typeof connect>;
interface Redis {
	ping(): Promise<unknown>;
}

async function fill(client: Client, topic: string, count: number): Promise<void> {
	const data = Array.from({ length: CALL }, (_, n) => payload(n));
	await each(Math.ceil(count / CALL), 4, async () => void (await client.pushMany(topic, data)));
}

/** Jobs of another topic that are pushed and worked off while `work` goes on, a second. */
async function beside(client: Client, topic: string, work: () => Promise<void>): Promise<number> {
	let done = 0;
	let goesOn = true;
	const worker = client.work(topic, async () => void done++, { concurrency: 50 });
	const pushing = each(50, 50, async () => {
		while (goesOn) await client.push(topic, payload(1));
	});
	const begin = performance.now();
	await work();
	const rate = done / ((performance.now() - begin) / 1_000);
	goesOn = false;
	await pushing;
	await worker.close();
	return rate;
}

/** Round trips of PING, one after the other, over a connection of its own. */
async function pings(redis: Redis, work: () => Promise<number>): Promise<{ result: number; p99: number }> {
	const times: number[] = [];
	let goesOn = true;
	const pinging = (async () => {
		while (goesOn) {
			const begin = performance.now();
			await redis.ping();
			times.push(performance.now() - begin);
			await new Promise((resolve) => setTimeout(resolve, 2));
		}
	})();
	const result = await work();
	goesOn = false;
	await pinging;
	times.sort((a, b) => a - b);
	return { result, p99: percentile(times, 0.99) };
}

/** Jobs that are taken by somebody who is never heard of again: their leases end while the rest goes on. */
async function leave(client: Client, url: string, topic: string, count: number): Promise<void> {
	await fill(client, topic, count);
	const engine = await createEngine(url);
	await engine.open();
	for (let left = count; left > 0; left -= CALL) await engine.take({ topics: [topic], max: CALL, leaseMs: LEASE_MS });
	await engine.close();
}

/** Half a million waiting jobs are cancelled and retried while another topic works; nothing may stand in its way. */
export async function pressure({ smoke }: ExtraOptions): Promise<Extra> {
	const [waiting, expired] = smoke ? [5_000, 500] : [500_000, 30_000];
	const store = await startStore('redis');
	const redis = createClient({ url: store.url });
	await redis.connect();
	await redis.configSet('slowlog-log-slower-than', '5000');
	await redis.configSet('slowlog-max-len', '1000');
	const client = connect(store.url);
	// Whoever holds a store carries out its bulk operations: a server here, as in production.
	const server = await millraceServer(async () => store);
	const operator = connect(server.url);
	try {
		await client.configure('big', { cancelled: { count: waiting, ageMs: 3_600_000 } });
		await fill(client, 'big', waiting);
		await leave(client, store.url, 'lost', expired);
		await redis.sendCommand(['SLOWLOG', 'RESET']);
		const seconds = smoke ? 1 : 10;
		const alone = await beside(client, 'small', () => new Promise((resolve) => setTimeout(resolve, seconds * 1_000)));
		const bulk = async () => {
			await (await operator.bulk.cancel({ topic: 'big', state: 'waiting' })).wait({ timeout: '10m' });
			await (await operator.bulk.retry({ topic: 'big', state: 'cancelled' })).wait({ timeout: '10m' });
		};
		const { result, p99 } = await pings(redis, () => beside(client, 'small', bulk));
		const slow = (await redis.sendCommand(['SLOWLOG', 'GET', '1000'])) as [number, number, number, string[]][];
		const scripts = slow.filter(([, , , [name = '']]) => /^fcall$/i.test(name)).map(([, , micros]) => micros / 1_000);
		return {
			title: `Pressure: ${waiting.toLocaleString('en')} jobs are cancelled and retried beside another topic`,
			rows: [
				{ what: 'the other topic alone', figures: [alone], unit: 'jobs/s' },
				{ what: 'the other topic meanwhile', figures: [result], unit: 'jobs/s' },
				{ what: 'PING meanwhile, p99', figures: [p99], unit: 'ms' },
				{ what: 'scripts over 5 ms', figures: [scripts.length], unit: '' },
				{ what: 'longest of them', figures: [Math.max(0, ...scripts)], unit: 'ms' },
			],
		};
	} finally {
		await operator.close();
		await client.close();
		redis.destroy();
		await server.stop();
	}
}
