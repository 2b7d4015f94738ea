import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { RedisServer } from '../support/redis-server.ts';
import { tempDir } from '../support/temp.ts';

/** A fresh store of a kind for the current test. Redis has a server of its own: where there has been a key, every server wants keys. */
export async function storeOf(kind: string): Promise<string> {
	if (kind === 'sqlite') return `sqlite:${join(tempDir(), 'jobs.db')}`;
	const redis = await RedisServer.start();
	onTestFinished(() => redis.stop());
	return redis.url;
}
