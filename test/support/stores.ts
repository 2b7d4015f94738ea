import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { type Client, type ConnectOptions, connect } from '../../src/sdk/index.ts';
import { serve } from './millrace-server.ts';
import { tempDir } from './temp.ts';

/** A kind of store, and how to get the URL of a fresh one for the current test. */
export interface StoreKind {
	name: string;
	/** Others can have the store open at once. */
	shared: boolean;
	url: () => Promise<string>;
}

const MEMORY: StoreKind = { name: 'memory:', shared: false, url: async () => 'memory:' };

const SQLITE: StoreKind = { name: 'sqlite:', shared: false, url: async () => `sqlite:${join(tempDir(), 'jobs.db')}` };

/** The server of the whole run: tests keep apart by the names of their topics. */
export const REDIS: StoreKind = { name: 'redis:', shared: true, url: async () => inject('redisUrl') };

/** A `millrace serve` of the test's own, from `dist/`. */
export const HTTP: StoreKind = {
	name: 'http:',
	shared: true,
	url: () => serve(['--port', '0', '--store', 'memory:', '--log-level', 'silent']).url(),
};

export const STORES: StoreKind[] = [MEMORY, SQLITE, REDIS, HTTP];

/** One kind for each engine. */
export const ENGINES: StoreKind[] = [MEMORY, REDIS, HTTP];

/** A topic's name that no other test has. */
export function freshTopic(stem = 'topic'): string {
	return `${stem}-${randomBytes(6).toString('hex')}`;
}

/** A client of the current test's own, closed when the test has finished. */
export function connected(url: string | Engine, options: ConnectOptions = {}): Client {
	const client = connect(url, options);
	onTestFinished(() => client.close());
	return client;
}
