import type { StoreName } from '../contract.ts';
import { beanstalkd } from './beanstalkd.ts';
import { millraceServer } from './millrace.ts';
import { postgres } from './postgres.ts';
import { redis } from './redis.ts';
import { sqlite } from './sqlite.ts';

/** A store that the benchmark has started for itself, on a port or in a folder of its own. */
export interface Store {
	url: string;
	/** Empties it between samples. */
	reset(): Promise<void>;
	stop(): Promise<void>;
}

/** @throws when the store can't be had here, with the line that the report shows */
export function startStore(name: StoreName): Promise<Store> {
	switch (name) {
		case 'redis':
			return redis(['--appendonly', 'no']);
		case 'redis-everysec':
			return redis(['--appendonly', 'yes', '--appendfsync', 'everysec']);
		case 'redis-always':
			return redis(['--appendonly', 'yes', '--appendfsync', 'always']);
		case 'sqlite':
			return sqlite();
		case 'memory':
			return Promise.resolve({ url: 'memory:', reset: async () => {}, stop: async () => {} });
		case 'http':
			return millraceServer(() => redis(['--appendonly', 'no']));
		case 'http-memory':
			return millraceServer(null);
		case 'http-sqlite':
			return millraceServer(sqlite);
		case 'postgres':
			return postgres();
		case 'beanstalkd':
			return beanstalkd();
	}
}
