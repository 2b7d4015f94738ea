import { fileURLToPath } from 'node:url';
import type { Extra } from '../results.ts';
import { spread } from '../statistics.ts';
import { startStore } from '../stores/index.ts';
import { freePort, start, stop } from '../stores/process.ts';
import type { ExtraOptions } from './index.ts';
import { postsPerSecond } from './wrk.ts';

const SERVER = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const PATH = '/v1/topics/bench/jobs';

/** The same 64 connections to one server, and shared by two of them on one Redis. */
export async function secondServer({ smoke, rounds }: ExtraOptions): Promise<Extra> {
	const redis = await startStore('redis');
	const servers = await Promise.all(
		[0, 1].map(async () => {
			const port = await freePort();
			const url = `http://127.0.0.1:${port}`;
			const args = [SERVER, 'serve', '--port', String(port), '--store', redis.url, '--log-level', 'warn'];
			return { url, child: await start(process.execPath, args, async () => (await fetch(`${url}/livez`)).ok) };
		}),
	);
	const urls = servers.map(({ url }) => url);
	const [one, two]: [number[], number[]] = [[], []];
	try {
		for (let round = 0; round < rounds; round++) {
			one.push(postsPerSecond(urls.slice(0, 1), PATH, smoke ? 1 : 5));
			two.push(postsPerSecond(urls, PATH, smoke ? 1 : 5));
		}
	} finally {
		for (const { child } of servers) await stop(child);
		await redis.stop();
	}
	const share = spread(two).median / spread(one).median;
	return {
		title: 'A second server on the same Redis',
		rows: [
			{ what: 'one server', figures: one, unit: 'requests/s' },
			{ what: 'two servers', figures: two, unit: 'requests/s' },
		],
		note: `${share.toFixed(2)}×. On two cores, Redis, wrk and the servers share what one server leaves free.`,
	};
}
