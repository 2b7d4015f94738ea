import type { Clock } from '../core/clock.ts';
import type { TakenJob } from '../core/job.ts';
import { DEFAULT_LEASE_MS, DEFAULT_MAX_ATTEMPTS } from '../core/settings.ts';
import type { Outcome, PushBatch, PushResult, SettleResult, Supports, TakeRequest } from '../engine/engine.ts';
import { withRetryDelays } from '../engine/retry-delays.ts';
import { SqliteEngine } from '../engine/sqlite/engine.ts';
import { TopicDefaults } from '../engine/topic-defaults.ts';
import { Pushes } from './pushes.ts';

/** The calls whose answer can get lost. */
export type Reply = 'push' | 'take' | 'settle';

/** A breakpoint in a test must not make a call fail. */
const DEADLINE_MS = 86_400_000;

const DEFAULTS = { leaseMs: DEFAULT_LEASE_MS, maxAttempts: DEFAULT_MAX_ATTEMPTS };

/**
 * A store in memory that behaves like a server's to those above it, except that nothing in it moves by itself: nobody
 * sweeps but the test, settings hold at once, and a backoff's jitter is 0.
 */
export class TestEngine extends SqliteEngine {
	override readonly supports: Supports = {
		persistence: false,
		sharing: false,
		sweeps: false,
		hints: true,
		waiting: false,
		policy: true,
		order: true,
		anyJson: true,
	};
	readonly pushes = new Pushes();
	/** The virtual one. */
	readonly clock: Clock;
	readonly #lost: Record<Reply, number> = { push: 0, take: 0, settle: 0 };
	#opening: Promise<void> | null = null;
	#keys = 0;
	#asides = 0;

	constructor(clock: Clock) {
		super({ path: ':memory:', clock, deadlineMs: DEADLINE_MS });
		this.clock = clock;
	}

	/** The answer to the next such call that does something is lost on its way. */
	lose(reply: Reply): void {
		this.#lost[reply]++;
	}

	override open(): Promise<void> {
		this.#opening ??= super.open();
		return this.#opening;
	}

	override async push(batches: PushBatch[]): Promise<PushResult[]> {
		const filled = await this.#withMaxAttempts(batches);
		return this.#isLost('push') ? this.#pushTwice(filled) : this.#pushOnce(filled);
	}

	override async take(request: TakeRequest): Promise<TakenJob[]> {
		if (this.#lost.take === 0) return super.take(request);
		const known = this.#withRequestId(request);
		const jobs = await super.take(known);
		return jobs.length > 0 && this.#isLost('take') ? super.take(known) : jobs;
	}

	override async settle(outcomes: Outcome[]): Promise<SettleResult[]> {
		const filled = await this.#withDelays(outcomes);
		if (filled.length > 0 && this.#isLost('settle')) await super.settle(filled);
		return super.settle(filled);
	}

	override async settleAndTake(outcomes: Outcome[], request: TakeRequest) {
		const settled = await this.settle(outcomes);
		return { settled, jobs: await this.take(request) };
	}

	/** Does what the test queue needs for itself: no reply is lost, no push is recorded. */
	async aside<T>(work: () => Promise<T>): Promise<T> {
		this.#asides++;
		try {
			return await work();
		} finally {
			this.#asides--;
		}
	}

	#isLost(reply: Reply): boolean {
		if (this.#lost[reply] === 0 || this.#asides > 0) return false;
		this.#lost[reply]--;
		return true;
	}

	async #pushOnce(batches: PushBatch[]): Promise<PushResult[]> {
		const results = await super.push(batches);
		for (const [index, result] of results.entries()) {
			const batch = batches[index];
			if (batch === undefined || result.status !== 'created' || this.#asides > 0) continue;
			this.pushes.add(batch, result.jobs);
		}
		return results;
	}

	/** As the SDK does over HTTP: a push without a key gets one, so that its repetition makes no second job. */
	async #pushTwice(batches: PushBatch[]): Promise<PushResult[]> {
		const keyed = batches.map((batch) => ({
			...batch,
			idempotency: batch.idempotency ?? { key: `lost-reply-${++this.#keys}`, fingerprint: 'none' },
		}));
		const lost = await this.#pushOnce(keyed);
		const repeated = await this.#pushOnce(keyed);
		return repeated.map((result, index) => {
			const first = lost[index];
			return batches[index]?.idempotency === undefined && first !== undefined ? first : result;
		});
	}

	#withRequestId(request: TakeRequest): TakeRequest {
		return { ...request, requestId: request.requestId ?? `lost-reply-${++this.#keys}` };
	}

	async #withMaxAttempts(batches: PushBatch[]): Promise<PushBatch[]> {
		const topics = new TopicDefaults(this, DEFAULTS);
		const filled = batches.map(async (batch) => {
			const fallback = await topics.maxAttempts(batch.topic);
			return { ...batch, jobs: batch.jobs.map((job) => ({ ...job, maxAttempts: job.maxAttempts || fallback })) };
		});
		return Promise.all(filled);
	}

	#withDelays(outcomes: Outcome[]): Promise<Outcome[]> {
		return withRetryDelays(outcomes, { engine: this, topics: new TopicDefaults(this, DEFAULTS), random: () => 0 });
	}
}
