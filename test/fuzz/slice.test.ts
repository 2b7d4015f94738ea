import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { RedisServer } from '../support/redis-server.ts';
import { tempDir } from '../support/temp.ts';
import { fuzz } from './run.ts';

// A slice of what `npm run fuzz` does at length.

const REQUESTS = 2_000;

test('2,000 requests, good and bad, to a server on SQLite', async () => {
	const { unserved } = await fuzz(`sqlite:${join(tempDir(), 'jobs.db')}`, { seed: inject('seed'), requests: REQUESTS });
	expect(unserved).toEqual([]);
}, 120_000);

test('2,000 requests, good and bad, to a server on Redis', async () => {
	const redis = await RedisServer.start();
	onTestFinished(() => redis.stop());
	const { unserved } = await fuzz(redis.url, { seed: inject('seed'), requests: REQUESTS });
	expect(unserved).toEqual([]);
}, 120_000);
