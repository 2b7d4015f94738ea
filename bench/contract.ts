/** What the benchmark asks of every queue. A contestant is written as its own documentation recommends. */

/** The payload of nearly every scenario: 113 bytes of JSON, as in the field's own examples. `n` tells jobs apart. */
export interface Payload {
	n: number;
	[field: string]: unknown;
}

export interface Job {
	data: Payload;
	/** Seconds to minutes: for peers that know such things. */
	options?: { priority?: number; group?: string; delayMs?: number };
}

/** One empty queue, open. */
export interface Queue {
	push(job: Job): Promise<void>;
	/** All of them in one call, where the queue has such a call. */
	pushMany(jobs: Job[]): Promise<void>;
	/** Starts a worker; `handler` is called once per job, and its promise ends the job. */
	work(concurrency: number, handler: (data: Payload) => Promise<void>): Promise<Working>;
	/** Jobs that have not ended. Asked when all should have: anything but 0 fails the sample. */
	unfinished(): Promise<number>;
	close(): Promise<void>;
}

export interface Working {
	close(): Promise<void>;
}

export interface OpenOptions {
	/** URL of the store that the runner has started, emptied for this sample. */
	url: string;
	/** Finished jobs: each side's nearest to "the last 1,000 for an hour", or none. */
	retention: 'default' | 'none';
}

export interface Contestant {
	name: string;
	/** The store that it runs on. */
	store: StoreName;
	/** npm package whose version is reported; null for what is in this repository or on the machine. */
	package: string | null;
	/** The program that runs its samples, where it is not this Node. */
	runtime?: 'node24' | 'bun';
	/** What it cannot do: a scenario that needs one of these is not run with it. */
	lacks?: Feature[];
	open(options: OpenOptions): Promise<Queue>;
}

export type Feature = 'bulk' | 'priority' | 'groups' | 'delay' | 'retention';

/** Stores of the runner, and how safe an answered push is on each. */
export const STORES = {
	redis: 'lost with the process (no AOF)',
	'redis-everysec': 'on disk within about a second (AOF everysec)',
	'redis-always': 'on disk (AOF always)',
	sqlite: 'on disk (WAL, fdatasync before the answer)',
	memory: 'lost with the process',
	http: 'lost with the process (server on Redis without AOF)',
	'http-memory': 'lost with the process (server on memory:)',
	'http-sqlite': 'on disk (server on SQLite)',
	postgres: 'on disk (fsync on, synchronous_commit on)',
	beanstalkd: 'lost with the process (no binlog)',
} as const;
export type StoreName = keyof typeof STORES;

/** What one sample found; more is better unless its unit is of time or size. */
export interface Figures {
	[name: string]: number;
}

export interface Scenario {
	name: string;
	/** One line: what is done and counted. */
	title: string;
	/** The figure that is compared, and its unit. */
	figure: string;
	unit: 'jobs/s' | 'ms' | 'bytes' | 'commands' | 'µs' | 'requests/s';
	needs?: Feature[];
	retention?: OpenOptions['retention'];
	/** @param scale 1, or less in a smoke run: how much work to do */
	run(queue: Queue, context: SampleContext): Promise<Figures>;
}

export interface SampleContext {
	url: string;
	store: StoreName;
	scale: number;
}
