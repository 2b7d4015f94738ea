import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createClient } from 'redis';
import { connect, handle, topic as topicOf } from '../../dist/sdk/index.js';
import type { Extra } from '../results.ts';
import { startStore } from '../stores/index.ts';
import { freePort, start, stop } from '../stores/process.ts';
import type { ExtraOptions } from './index.ts';

const SERVER = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const TOPICS = 50;
const WORKERS = 20;
/** Clock ticks a second in /proc, on every Linux that Node runs on. */
const TICKS = 100;

async function calls(url: string): Promise<number> {
	const client = createClient({ url });
	await client.connect();
	const text = await client.info('commandstats');
	client.destroy();
	return [...text.matchAll(/^cmdstat_(\w+)[^:]*:calls=(\d+)/gm)]
		.filter(([, name]) => name !== 'info' && name !== 'client' && name !== 'hello')
		.reduce((sum, [, , count]) => sum + Number(count), 0);
}

function cpuSeconds(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
	return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** One server on Redis, 50 topics, 20 workers that wait over HTTP: what nothing costs. */
export async function idle({ smoke }: ExtraOptions): Promise<Extra> {
	const redis = await startStore('redis');
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	const args = [SERVER, 'serve', '--port', String(port), '--store', redis.url, '--log-level', 'warn'];
	const child = await start(process.execPath, args, async () => (await fetch(`${url}/livez`)).ok);
	const clients = Array.from({ length: WORKERS }, () => connect(url));
	const topics = Array.from({ length: TOPICS }, (_, n) => `topic-${n}`);
	try {
		for (const client of clients) client.workAll(topics.map((topic) => handle(topicOf(topic), async () => undefined)));
		await new Promise((resolve) => setTimeout(resolve, 3_000));
		const seconds = smoke ? 3 : 60;
		const [before, cpu] = [await calls(redis.url), cpuSeconds(child.pid ?? 0)];
		await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
		const commands = ((await calls(redis.url)) - before) / seconds;
		const share = ((cpuSeconds(child.pid ?? 0) - cpu) / seconds) * 100;
		return {
			title: `Idle: ${TOPICS} topics, ${WORKERS} workers over HTTP, one server on Redis`,
			rows: [
				{ what: 'Redis commands, those inside scripts too', figures: [commands], unit: 'commands/s' },
				{ what: 'CPU of the server, of one core', figures: [share], unit: '%' },
			],
		};
	} finally {
		await Promise.all(clients.map((client) => client.close()));
		await stop(child);
		await redis.stop();
	}
}
