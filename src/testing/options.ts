import type { Duration } from '../client/duration.ts';
import type { PushOptions } from '../client/push-options.ts';
import type { WorkerLog } from '../worker/options.ts';
import type { HandlerOptions } from '../worker/registration.ts';

export interface TestQueueOptions {
	/** Where the virtual clock starts. Default 1 January 2030, 00:00 UTC. */
	now?: Date | number;
	/** Where handlers log. Default: nowhere. */
	log?: WorkerLog;
}

export interface PerformOptions extends Omit<PushOptions, 'delay' | 'runAt' | 'idempotencyKey' | 'timeout'> {
	/** Run it as this attempt, 1 to the job's `maxAttempts`. Default 1. */
	attempt?: number;
	/** As in `HandlerOptions`; it passes by the virtual clock. Default: none. */
	timeout?: HandlerOptions['timeout'];
}

export interface DrainOptions {
	/** Length of the leases. Default 30 s, as a worker's. */
	lease?: Duration;
	/** Most runs before `drain` gives up, so that jobs that make jobs without end fail a test. Default 10,000. */
	limit?: number;
}

export interface CrashOptions {
	/** Default `end`. */
	at?: 'start' | 'end';
}
