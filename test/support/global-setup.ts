import type { TestProject } from 'vitest/node';
import { RedisServer } from './redis-server.ts';
import { chooseSeed } from './seed.ts';

declare module 'vitest' {
	export interface ProvidedContext {
		/** One server for the whole run. Tests keep apart by a key prefix of their own and never flush it. */
		redisUrl: string;
		/** Seed of everything random in this run; MILLRACE_TEST_SEED repeats a run. */
		seed: number;
	}
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const seed = chooseSeed(process.env.MILLRACE_TEST_SEED);
	console.log(`Random seed of this run: MILLRACE_TEST_SEED=${seed}`);
	project.provide('seed', seed);
	const server = await RedisServer.start();
	project.provide('redisUrl', server.url);
	return () => server.stop();
}
