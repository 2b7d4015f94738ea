import type { TakenJob } from '../../core/job.ts';
import type { ExtendResult, Lease, Outcome, SettleResult, TakeRequest, Wait } from '../engine.ts';
import { type Answer, resultsIn } from './answers.ts';
import { type Calls, GIVEN_UP } from './calls.ts';
import { mayHaveTaken, TakesInDoubt } from './doubts.ts';
import { addressed, type Item, leaseText, outcomeText, scattered } from './outcomes.ts';
import { allDone, type BodyBound, inParts, listText } from './parts.ts';
import { type KnownRequest, type Taken, takeCall } from './take-call.ts';

/** How long one request of a long wait waits: a connection that goes dead meanwhile is found out that much later. */
const WAIT_STEP_MS = 1_500;
/** How long a take that was given up is looked after. */
const AFTERMATH_MS = 500;

/** The calls by which jobs are worked: take, settle, extend. */
export class Deliveries {
	readonly #calls: Calls;
	readonly #bound: BodyBound;
	readonly #doubts = new TakesInDoubt();
	readonly #onCancelled: (ids: string[]) => void;

	/** @param onCancelled told of jobs that a server says are cancelled */
	constructor(calls: Calls, bound: BodyBound, onCancelled: (ids: string[]) => void) {
		this.#calls = calls;
		this.#bound = bound;
		this.#onCancelled = onCancelled;
	}

	async settle(outcomes: Outcome[]): Promise<SettleResult[]> {
		this.#calls.refuseWhenClosed();
		const items = addressed(outcomes, outcomeText);
		const results = await allDone(inParts(items, this.#bound, (part) => this.#settlePart(part)));
		return scattered(
			outcomes.length,
			items,
			results.flatMap(({ settled }) => settled),
		);
	}

	async extend(leases: Lease[], leaseMs: number): Promise<ExtendResult[]> {
		this.#calls.refuseWhenClosed();
		const items = addressed(leases, leaseText);
		const send = (part: Item[]) => {
			const body = `{"leases":${listText(part)},"leaseMs":${leaseMs}}`;
			const read = (answer: Answer) => resultsIn<ExtendResult>(answer, 'leases', part.length);
			return this.#calls.run({ method: 'POST', path: '/v1/extend', body, kind: 'repeatable', read });
		};
		return scattered(leases.length, items, (await allDone(inParts(items, this.#bound, send))).flat());
	}

	async take(request: TakeRequest, wait?: Wait): Promise<TakenJob[]> {
		this.#calls.refuseWhenClosed();
		if (request.topics.length === 0) return [];
		return this.#identified(request, async (known) => {
			if (wait !== undefined && wait.waitMs > 0) return this.#takeWaiting(known, wait);
			return (await this.#takeNow(known)).jobs;
		});
	}

	/** Settles with the first request, which does not wait: what was settled is known however the wait ends. */
	async settleAndTake(outcomes: Outcome[], request: TakeRequest, wait?: Wait): Promise<Taken> {
		if (request.topics.length === 0) return { settled: await this.settle(outcomes), jobs: [] };
		if (outcomes.length === 0) return { settled: [], jobs: await this.take(request, wait) };
		this.#calls.refuseWhenClosed();
		const items = addressed(outcomes, outcomeText);
		let settled: SettleResult[] = [];
		const jobs = await this.#identified(request, async (known) => {
			const send = (part: Item[], isLast: boolean) => (isLast ? this.#takeNow(known, part) : this.#settlePart(part));
			// Outcomes that all name what could not be an id leave nothing to settle.
			const taken =
				items.length === 0 ? [await this.#takeNow(known)] : await allDone(inParts(items, this.#bound, send));
			const results = taken.flatMap((one) => one.settled);
			settled = scattered(outcomes.length, items, results);
			return taken.flatMap((one) => one.jobs);
		});
		if (jobs.length > 0 || wait === undefined || wait.waitMs <= 0) return { settled, jobs };
		// The outcomes are in. An error now would say that nothing was done; the next take tells it again.
		return { settled, jobs: await this.take(request, wait).catch(() => []) };
	}

	/**
	 * Makes a take under a request id, so that it may be repeated after a lost reply and still leases nothing twice. Without an id
	 * of the caller's it is that of an earlier take in doubt, or a new one.
	 */
	async #identified(request: TakeRequest, take: (known: KnownRequest) => Promise<TakenJob[]>): Promise<TakenJob[]> {
		const { requestId } = request;
		if (requestId !== undefined) return take({ ...request, requestId, ours: false, isNew: false });
		const claimed = this.#doubts.claim(request);
		const isNew = claimed === undefined;
		const known = { ...request, requestId: claimed ?? crypto.randomUUID(), ours: true, isNew };
		try {
			const jobs = await take(known);
			return claimed === undefined ? jobs : await this.#renewed(jobs, request);
		} catch (error) {
			if (claimed !== undefined || mayHaveTaken(error)) this.#doubts.note(known);
			throw error;
		}
	}

	/** Deliveries of an earlier take, their leases made as long as those of a new one. Those beyond `max` go back. */
	async #renewed(jobs: TakenJob[], { max, leaseMs }: TakeRequest): Promise<TakenJob[]> {
		const surplus = jobs.slice(max).map(({ id, token }) => ({ id, token, outcome: 'release' as const }));
		// What is not released now comes back when its lease ends.
		if (surplus.length > 0) await this.settle(surplus).catch(() => {});
		const kept = jobs.slice(0, max);
		const results = kept.length === 0 ? [] : await this.extend(kept, leaseMs);
		return kept.flatMap((job, index) => {
			const result = results[index];
			return result?.status === 'ok' ? [{ ...job, leaseExpiresAt: result.leaseExpiresAt }] : [];
		});
	}

	#settlePart(part: Item[]): Promise<Taken> {
		const body = `{"outcomes":${listText(part)}}`;
		const read = (answer: Answer): Taken => ({ jobs: [], settled: resultsIn(answer, 'settled', part.length) });
		return this.#calls.run({ method: 'POST', path: '/v1/settle', body, kind: 'repeatable', read });
	}

	#takeNow(request: KnownRequest, settle?: Item[]): Promise<Taken> {
		return this.#calls.run(takeCall(request, 0, settle));
	}

	/**
	 * A long wait is made of short requests, so that a connection that swallows bytes costs seconds. All of them are one take to
	 * the server, as they carry one request id.
	 */
	async #takeWaiting(request: KnownRequest, { waitMs, signal }: Wait): Promise<TakenJob[]> {
		const end = performance.now() + waitMs;
		while (!signal?.aborted) {
			const leftMs = Math.max(0, Math.ceil(end - performance.now()));
			const call = takeCall(request, Math.min(leftMs, WAIT_STEP_MS));
			const taken = await this.#calls.runUntil(call, [signal, this.#calls.closing]);
			if (taken === GIVEN_UP) return this.#aftermath(request);
			if (taken.cancelled.length > 0) this.#onCancelled(taken.cancelled);
			if (taken.jobs.length > 0 || performance.now() >= end) return taken.jobs;
		}
		return [];
	}

	/**
	 * A take that was given up may have leased jobs all the same. The same take again brings them, so that its caller can
	 * release them and they do not lie idle, and cost an attempt, until their lease ends.
	 */
	async #aftermath(request: KnownRequest): Promise<TakenJob[]> {
		if (this.#calls.isClosed) return [];
		const call = { ...takeCall(request, 0), kind: 'once', deadlineMs: AFTERMATH_MS } as const;
		try {
			return (await this.#calls.run(call)).jobs;
		} catch {
			if (request.ours) this.#doubts.note(request);
			return [];
		}
	}
}
