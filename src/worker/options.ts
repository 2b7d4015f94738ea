import { type Duration, toMs } from '../client/duration.ts';
import { invalid } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { check, NAME } from '../core/rules.ts';

/** Where a worker and its handlers write. `console` fits, and so does nearly every logger. */
export interface WorkerLog {
	info(message: string, details: object): void;
	warn(message: string, details: object): void;
}

export interface WorkerOptions {
	/** Jobs worked on at once, 1 to 10,000. Default 10. */
	concurrency?: number;
	/**
	 * Who has a job and who had it, as its `worker` and its history tell: 1 to 128 characters. Default `host:pid:random`, where there
	 * is a host and a pid.
	 */
	name?: string;
	/** How long a job is this worker's without renewal; renewed at a third. 100 ms to a day. Default 30 s. */
	lease?: Duration;
	/** How long `close` lets handlers finish. Default 10 s. */
	grace?: Duration;
	/** How long a handler may keep the event loop busy before its worker's leases are let go. Default 60 s. */
	maxBlock?: Duration;
	/** Default: silent. */
	log?: WorkerLog;
	/** Told once when the store is away, not again before it was back. */
	onError?: (error: unknown) => void;
}

export const SILENT: WorkerLog = { info() {}, warn() {} };

const MAX_CONCURRENCY = 10_000;

export function concurrencyOf({ concurrency = 10 }: WorkerOptions): number {
	if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= MAX_CONCURRENCY) return concurrency;
	throw invalid('concurrency', `must be an integer from 1 to ${MAX_CONCURRENCY}`, concurrency);
}

export function leaseOf({ lease = '30s' }: WorkerOptions): number {
	const leaseMs = toMs(lease, 'lease');
	if (leaseMs >= LIMITS.minLeaseMs && leaseMs <= LIMITS.maxLeaseMs) return leaseMs;
	throw invalid('lease', `must be ${LIMITS.minLeaseMs} ms to ${LIMITS.maxLeaseMs} ms`, lease);
}

export function nameOf({ name = defaultName() }: WorkerOptions): string {
	check('name', name, NAME);
	return name;
}

/** The random part tells workers of one process apart, and processes of containers that all have pid 1. */
function defaultName(): string {
	const random = crypto.randomUUID().slice(0, 8);
	const tail = [globalThis.process?.pid, random].filter((part) => part !== undefined).join(':');
	const host = hostname().slice(0, LIMITS.nameLength - tail.length - 1);
	return host === '' ? tail : `${host}:${tail}`;
}

/** Asked for when it is needed, since edge runtimes refuse a module that imports it; '' where there is no host. */
function hostname(): string {
	try {
		return globalThis.process.getBuiltinModule('node:os').hostname();
	} catch {
		return '';
	}
}
