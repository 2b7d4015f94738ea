import { type Clock, systemClock } from '../core/clock.ts';
import type { Operations } from '../core/operation.ts';
import { DEFAULT_LEASE_MS, DEFAULT_MAX_ATTEMPTS, type TopicSettings } from '../core/settings.ts';
import { batching } from '../engine/batching.ts';
import type { Engine, Outcome } from '../engine/engine.ts';
import { Maintenance } from '../engine/maintenance.ts';
import { createEngine } from '../engine/open.ts';
import { ResultWaiter } from '../engine/results.ts';
import { withRetryDelays } from '../engine/retry-delays.ts';
import { TopicDefaults } from '../engine/topic-defaults.ts';
import { WaitingTakes } from '../engine/waiting.ts';
import { StoredOperations } from '../operations/operations.ts';
import { OperationRunner } from '../operations/runner.ts';

export interface StoreOptions {
	/** Deadline of every call, in ms. */
	deadlineMs?: number;
	/** For `http:`, the key of a server that wants one: `mr_…`. Other stores have no use for it. */
	key?: string;
	/** Told of failures that no call reports. */
	onError?: (error: unknown) => void;
}

/** An open store, with what client and workers need around its engine. */
export interface Store {
	engine: Engine;
	/** This process's, near enough to the store's for pauses and words; in a test the virtual one. */
	clock: Clock;
	takes: WaitingTakes;
	results: ResultWaiter;
	operations: Operations;
	/** Most runs of a job whose push says nothing; 0 where the far side decides. */
	maxAttempts(topic: string): number | Promise<number>;
	/** Settings as they have just been made here, so that the next push follows them. */
	configured(topic: string, settings: TopicSettings): void;
	/** Outcomes with the delay of each retry filled in, unless the far side does that. */
	withDelays(outcomes: Outcome[]): Promise<Outcome[]>;
	/** Renewals to make before expired leases are reclaimed by this process. */
	renewals: Set<() => Promise<void>>;
	close(): Promise<void>;
}

/** @throws INVALID, UNAVAILABLE or STORE_REFUSED */
export async function openStore(
	url: string | Engine,
	options: StoreOptions,
	clock: Clock = systemClock,
): Promise<Store> {
	const { deadlineMs, key, onError = () => {} } = options;
	const own = { key, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
	const inner = typeof url === 'string' ? await createEngine(url, own) : url;
	const engine = batching(inner);
	await engine.open();
	const topics = new TopicDefaults(engine, { leaseMs: DEFAULT_LEASE_MS, maxAttempts: DEFAULT_MAX_ATTEMPTS });
	const takes = new WaitingTakes(engine);
	const results = new ResultWaiter(engine);
	const renewals = new Set<() => Promise<void>>();
	const beforeReclaim = async () => {
		await Promise.all([...renewals].map((renew) => renew()));
	};
	const maintenance = new Maintenance(engine, { onError, beforeReclaim });
	const runner = new OperationRunner(engine, { onError });
	const { policy, sweeps } = engine.supports;
	if (sweeps) {
		maintenance.start();
		runner.start();
	}
	// Where nothing moves by itself, an operation goes as far as it can at once.
	const onStart = () => (sweeps ? runner.wake() : runner.goOn());
	return {
		engine,
		clock,
		takes,
		results,
		operations: engine.operations ?? new StoredOperations(engine, onStart),
		renewals,
		maxAttempts: (topic) => (policy ? 0 : topics.maxAttempts(topic)),
		configured: (topic, settings) => topics.put(topic, settings),
		withDelays: async (outcomes) => {
			return policy ? outcomes : withRetryDelays(outcomes, { engine, topics, random: Math.random });
		},
		async close() {
			takes.close();
			results.close();
			await Promise.all([maintenance.stop(), runner.stop()]);
			await engine.close();
		},
	};
}
