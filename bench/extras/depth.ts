import { createClient } from 'redis';
import { connect } from '../../dist/sdk/index.js';
import { each } from '../flow.ts';
import { payload } from '../payload.ts';
import type { Extra } from '../results.ts';
import { spread } from '../statistics.ts';
import { startStore } from '../stores/index.ts';
import type { ExtraOptions } from './index.ts';

const CALL = 1_000;
const PROBE = 20_000;

type Client = ReturnType<typeof connect>;

async function fill(client: Client, topic: string, count: number, delay: number): Promise<void> {
	const data = Array.from({ length: CALL }, (_, n) => payload(n));
	await each(count / CALL, 8, async () => void (await client.pushMany(topic, data, delay === 0 ? {} : { delay })));
}

/** Pushes and works off as many jobs as it pushes, so that the depth stays. Jobs per second. */
async function probe(client: Client, topic: string): Promise<number> {
	let left = PROBE;
	let finish = () => {};
	const done = new Promise<void>((resolve) => {
		finish = resolve;
	});
	const begin = performance.now();
	const worker = client.work(
		topic,
		async () => {
			left--;
			if (left === 0) finish();
		},
		{ concurrency: 200 },
	);
	await each(PROBE, 200, async (n) => void (await client.push(topic, payload(n))));
	await done;
	const rate = PROBE / ((performance.now() - begin) / 1_000);
	await worker.close();
	return rate;
}

async function slowScripts(url: string): Promise<{ count: number; longestMs: number }> {
	const client = createClient({ url });
	await client.connect();
	const entries = (await client.sendCommand(['SLOWLOG', 'GET', '1000'])) as [number, number, number, string[]][];
	client.destroy();
	const scripts = entries.filter(([, , , [name = '']]) => /^fcall$/i.test(name)).map(([, , micros]) => micros / 1_000);
	return { count: scripts.length, longestMs: Math.max(0, ...scripts) };
}

/** Speed with few and with millions of waiting jobs, and a million that fall due at once. */
export async function depth({ smoke, rounds }: ExtraOptions): Promise<Extra> {
	const [deep, due] = smoke ? [20_000, 10_000] : [5_000_000, 1_000_000];
	const redis = await startStore('redis');
	const admin = createClient({ url: redis.url });
	await admin.connect();
	await admin.configSet('slowlog-log-slower-than', '5000');
	const client = connect(redis.url);
	const [shallow, filled]: [number[], number[]] = [[], []];
	try {
		await fill(client, 'shallow', 1_000, 0);
		await fill(client, 'deep', deep, 0);
		for (let round = 0; round < rounds; round++) {
			shallow.push(await probe(client, 'shallow'));
			filled.push(await probe(client, 'deep'));
		}
		const late = await dueAtOnce(client, due);
		const { count, longestMs } = await slowScripts(redis.url);
		return {
			title: `${deep.toLocaleString('en')} waiting jobs, and ${due.toLocaleString('en')} that fall due at once`,
			rows: [
				{ what: 'push and work with 1,000 waiting', figures: shallow, unit: 'jobs/s' },
				{ what: `push and work with ${deep.toLocaleString('en')} waiting`, figures: filled, unit: 'jobs/s' },
				{ what: 'until the last of the delayed was waiting', figures: [late], unit: 's' },
				{ what: 'scripts over 5 ms', figures: [count], unit: '' },
				{ what: 'longest script over 5 ms', figures: [longestMs], unit: 'ms' },
			],
			note: `Time with ${deep.toLocaleString('en')} waiting against 1,000: ${(spread(shallow).median / spread(filled).median).toFixed(2)}×.`,
		};
	} finally {
		await client.close();
		admin.destroy();
		await redis.stop();
	}
}

/** Seconds from the due time of all until none is delayed any more. */
async function dueAtOnce(client: Client, count: number): Promise<number> {
	const runAt = Date.now() + Math.max(2_000, count / 50);
	const data = Array.from({ length: CALL }, (_, n) => payload(n));
	await each(count / CALL, 8, async () => void (await client.pushMany('due', data, { runAt })));
	for (;;) {
		const found = await client.topic('due');
		if (found?.counts.delayed === 0) return Math.max(0, (Date.now() - runAt) / 1_000);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}
