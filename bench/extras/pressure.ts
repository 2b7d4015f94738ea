import { setTimeout as pause } from 'node:timers/promises';
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
/** Before the leases end, so that they do so while jobs are cancelled. */
const WARM_MS = 6_000;
/** A step that is under way when its operation is cancelled has ended by then. */
const STEP_MS = 300;

type Client = ReturnType<typeof connect>;
interface Redis {
	ping(): Promise<unknown>;
}

async function fill(client: Client, topic: string, count: number): Promise<void> {
	const data = Array.from({ length: CALL }, (_, n) => payload(n));
	await each(Math.ceil(count / CALL), 4, async () => void (await client.pushMany(topic, data)));
}

/** A topic that pushes and works off jobs all the time, and how many in a stretch of time. */
class Other {
	#done = 0;
	#goesOn = true;
	readonly #stopped: Promise<unknown>;

	constructor(client: Client, topic: string) {
		const worker = client.work(topic, async () => void this.#done++, { concurrency: 50 });
		const pushing = each(50, 50, async () => {
			while (this.#goesOn) await client.push(topic, payload(1));
		});
		this.#stopped = pushing.then(() => worker.close());
	}

	/** Jobs a second. */
	async rate(ms: number): Promise<number> {
		const [begin, before] = [performance.now(), this.#done];
		await pause(ms);
		return (this.#done - before) / ((performance.now() - begin) / 1_000);
	}

	async stop(): Promise<void> {
		this.#goesOn = false;
		await this.#stopped;
	}
}

/** Round trips of PING in ms, one after the other over a connection of its own, added to `times` while `work` goes on. */
async function pings<T>(redis: Redis, times: number[], work: () => Promise<T>): Promise<T> {
	let goesOn = true;
	const pinging = (async () => {
		while (goesOn) {
			const begin = performance.now();
			await redis.ping();
			times.push(performance.now() - begin);
			await pause(2);
		}
	})();
	const result = await work();
	goesOn = false;
	await pinging;
	return result;
}

function p99(times: number[]): number {
	return percentile(
		times.sort((a, b) => a - b),
		0.99,
	);
}

/** Jobs that are taken by somebody who is never heard of again: their leases end while the rest goes on. */
async function leave(client: Client, url: string, topic: string, count: number): Promise<void> {
	await fill(client, topic, count);
	const engine = await createEngine(url);
	await engine.open();
	for (let left = count; left > 0; left -= CALL) await engine.take({ topics: [topic], max: CALL, leaseMs: LEASE_MS });
	await engine.close();
}

/**
 * Half a million waiting jobs are cancelled and retried while another topic works; nothing may stand in its way. Stretches with and without an operation take turns,
 * since the machine itself is now faster, now slower: an operation is cancelled after its stretch, and the next one goes on where it stood.
 */
export async function pressure({ smoke, rounds }: ExtraOptions): Promise<Extra> {
	const [waiting, expired, stretchMs] = smoke ? [5_000, 500, 500] : [500_000, 30_000, 4_000];
	const store = await startStore('redis');
	const redis = createClient({ url: store.url });
	await redis.connect();
	await redis.configSet('slowlog-log-slower-than', '5000');
	await redis.configSet('slowlog-max-len', '1000');
	const client = connect(store.url);
	// Whoever holds a store carries out its bulk operations: a server here, as in production.
	const server = await millraceServer(async () => store);
	const operator = connect(server.url);
	const alone: number[] = [];
	const meanwhile: number[] = [];
	const times = { alone: [] as number[], meanwhile: [] as number[] };
	try {
		await client.configure('big', { cancelled: { count: waiting, ageMs: 3_600_000 } });
		await fill(client, 'big', waiting);
		await leave(client, store.url, 'lost', expired);
		const expireAt = performance.now() + LEASE_MS;
		const other = new Other(client, 'small');
		await pause(Math.max(0, expireAt - performance.now() - WARM_MS));
		await redis.sendCommand(['SLOWLOG', 'RESET']);
		for (let round = 0; round < rounds * 2; round++) {
			alone.push(await pings(redis, times.alone, () => other.rate(stretchMs)));
			const filter = { topic: 'big', state: round < rounds ? ('waiting' as const) : ('cancelled' as const) };
			const operation = await operator.bulk[round < rounds ? 'cancel' : 'retry'](filter);
			meanwhile.push(await pings(redis, times.meanwhile, () => other.rate(stretchMs)));
			await operation.cancel().catch(() => {});
			await pause(STEP_MS);
		}
		await other.stop();
		const slow = (await redis.sendCommand(['SLOWLOG', 'GET', '1000'])) as [number, number, number, string[]][];
		const millisecondsOf = (isScript: boolean) =>
			slow.filter(([, , , [name = '']]) => /^fcall$/i.test(name) === isScript).map(([, , micros]) => micros / 1_000);
		const [scripts, commands] = [millisecondsOf(true), millisecondsOf(false)];
		const shares = meanwhile.map((rate, index) => (100 * rate) / (alone[index] ?? rate));
		return {
			title: `Pressure: of ${waiting.toLocaleString('en')} jobs as many as can be are cancelled and retried beside another topic`,
			rows: [
				{ what: 'the other topic alone', figures: alone, unit: 'jobs/s' },
				{ what: 'the other topic meanwhile', figures: meanwhile, unit: 'jobs/s' },
				{ what: 'of that alone', figures: shares, unit: '%' },
				{ what: 'PING beside the other topic alone, p99', figures: [p99(times.alone)], unit: 'ms' },
				{ what: 'PING meanwhile, p99', figures: [p99(times.meanwhile)], unit: 'ms' },
				{ what: 'scripts over 5 ms', figures: [scripts.length], unit: '' },
				{ what: 'longest of them', figures: [Math.max(0, ...scripts)], unit: 'ms' },
				// A HEXISTS of 10 ms is not Redis at work: it stood still.
				{ what: 'single commands over 5 ms', figures: [commands.length], unit: '' },
			],
		};
	} finally {
		await operator.close();
		await client.close();
		redis.destroy();
		await server.stop();
	}
}
