import { fileURLToPath } from 'node:url';
import type { Extra } from '../results.ts';
import { spread } from '../statistics.ts';
import { type Store, startStore } from '../stores/index.ts';
import { freePort, start, stop } from '../stores/process.ts';
import type { ExtraOptions } from './index.ts';
import { postsPerSecond } from './wrk.ts';

const ECHO = fileURLToPath(new URL('echo.ts', import.meta.url));
const PATH = '/v1/topics/bench/jobs';

async function echo(): Promise<Store> {
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	const args = ['--import', 'tsx', ECHO, String(port)];
	const child = await start(process.execPath, args, async () => (await fetch(`${url}/livez`)).ok);
	return { url, reset: async () => {}, stop: () => stop(child) };
}

/** wrk, 64 connections, one job a request; each server in turn, next to the bare one. */
export async function httpPushes({ smoke, rounds }: ExtraOptions): Promise<Extra> {
	const title = 'Single pushes over HTTP (wrk, 64 connections)';
	const kinds = ['http', 'http-memory', 'http-sqlite'] as const;
	const servers = [
		{ what: 'bare Fastify echo', store: await echo(), figures: [] as number[] },
		...(await Promise.all(
			kinds.map(async (kind) => ({ what: kind, store: await startStore(kind), figures: [] as number[] })),
		)),
	];
	try {
		for (let round = 0; round < rounds; round++) {
			for (const { store, figures } of servers) {
				await store.reset();
				postsPerSecond([store.url], PATH, 1);
				figures.push(postsPerSecond([store.url], PATH, smoke ? 1 : 5));
			}
		}
	} finally {
		for (const { store } of servers) await store.stop();
	}
	const [bare = Number.NaN, ...others] = servers.map(({ figures }) => spread(figures).median);
	const shares = others.map((rate, index) => `${kinds[index]} ${(rate / bare).toFixed(2)}×`);
	return {
		title,
		rows: servers.map(({ what, figures }) => ({ what, figures, unit: 'requests/s' })),
		note: `Against the bare echo: ${shares.join(', ')}.`,
	};
}
