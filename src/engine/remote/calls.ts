import { MillraceError } from '../../core/errors.ts';
import { type Answer, Misread } from './answers.ts';
import { type Failure, misreadFailure } from './failures.ts';
import { pause, pauseAfter } from './pause.ts';
import { Stop, type StopSource } from './stop.ts';
import type { Transport, Tried } from './transport.ts';

export interface Call<T> {
	method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
	/** From the server's root: `/v1/take`. */
	path: string;
	body?: string;
	/** More headers, asked for before each try. */
	headers?: () => Record<string, string>;
	/** Told when a try has failed that may have been done. */
	onDoubt?: () => void;
	/**
	 * `read` changes nothing. `repeatable` changes something, and made twice does what once does. `once` is repeated only when
	 * it was not done for certain.
	 */
	kind: 'read' | 'repeatable' | 'once';
	/** How long the server has been asked to wait before it answers, in ms; the deadline is that much later. */
	waitMs?: number;
	/** Replaces the deadline of the engine, in ms. */
	deadlineMs?: number;
	/** @throws Misread when the answer is not what this call is answered with */
	read: (answer: Answer) => T;
}

/** What a call resolves with that its caller has given up. */
export const GIVEN_UP = Symbol('given up');

/** The share of a deadline that the first try gets: one connection that swallows bytes leaves time for another. */
const TRY_SHARE = 0.6;
/** A try shorter than this is not worth making. */
const SHORTEST_TRY_MS = 50;
/** How long `close` leaves calls under way to end by themselves. */
const CLOSE_GRACE_MS = 500;

/**
 * Makes calls: each ends by its deadline, and what may be repeated is repeated until then.
 *
 *     try ── answer ──► done
 *      ▲  └─ refusal ──► error
 *      │  └─ failure ──► pause (backoff with jitter, Retry-After) ──┐   no time left, not repeatable, closing ──► error
 *      └────────────────────────────────────────────────────────────┘
 */
export class Calls {
	readonly #transport: Transport;
	readonly #deadlineMs: number;
	readonly #underWay = new Set<Promise<unknown>>();
	/** Fires when no call may begin or be repeated any more. */
	readonly #closing = new Stop();
	/** Fires when those under way must end. */
	readonly #ending = new Stop();

	constructor(transport: Transport, deadlineMs: number) {
		this.#transport = transport;
		this.#deadlineMs = deadlineMs;
	}

	/** Fires when the engine closes. */
	get closing(): Stop {
		return this.#closing;
	}

	get isClosed(): boolean {
		return this.#closing.aborted;
	}

	/** @throws CLOSED after `close` */
	refuseWhenClosed(): void {
		if (this.isClosed) throw new MillraceError('CLOSED', 'The engine is closed; nothing was done');
	}

	/**
	 * Resolves with what the call's `read` makes of the answer.
	 * @throws UNAVAILABLE, AMBIGUOUS, CLOSED, or the server's refusal
	 */
	async run<T>(call: Call<T>): Promise<T> {
		const result = await this.runUntil(call, []);
		if (result === GIVEN_UP) throw new MillraceError('INTERNAL', 'A call was given up that nobody can give up');
		return result;
	}

	/** Like `run`, but resolves with GIVEN_UP when one of the signals fires before there is an answer. */
	async runUntil<T>(call: Call<T>, signals: StopSource[]): Promise<T | typeof GIVEN_UP> {
		this.refuseWhenClosed();
		const result = this.#repeat(call, signals);
		this.#underWay.add(result);
		try {
			return await result;
		} finally {
			this.#underWay.delete(result);
		}
	}

	/** Ends the pauses between tries at once, and the calls under way within half a second. */
	async close(): Promise<void> {
		this.#closing.abort();
		const timer = setTimeout(() => this.#ending.abort(), CLOSE_GRACE_MS);
		await Promise.allSettled(this.#underWay);
		clearTimeout(timer);
	}

	async #repeat<T>(call: Call<T>, signals: StopSource[]): Promise<T | typeof GIVEN_UP> {
		const { waitMs = 0, deadlineMs = this.#deadlineMs, kind } = call;
		const deadline = performance.now() + waitMs + deadlineMs;
		const isGivenUp = () => signals.some((signal) => signal?.aborted);
		let inDoubt = false;
		for (let tries = 0; ; tries++) {
			const timeoutMs = Math.min(waitMs + deadlineMs * TRY_SHARE, deadline - performance.now());
			const tried = this.#read(call, await this.#try(call, timeoutMs, signals));
			if ('value' in tried) return tried.value;
			if (isGivenUp()) return GIVEN_UP;
			const { failure } = tried;
			if (kind !== 'read' && !failure.undone) {
				inDoubt = true;
				call.onDoubt?.();
			}
			const pauseMs = Math.max(pauseAfter(tries), failure.retryAfterMs ?? 0);
			const mayRepeat = failure.refusal === undefined && (kind !== 'once' || failure.undone) && !this.isClosed;
			const hasTime = performance.now() + pauseMs + SHORTEST_TRY_MS < deadline;
			if (!mayRepeat || !hasTime) throw errorOf(failure, inDoubt);
			await pause(pauseMs, [this.#closing, ...signals]);
			if (isGivenUp()) return GIVEN_UP;
			if (this.isClosed) throw errorOf(failure, inDoubt);
		}
	}

	#try<T>(call: Call<T>, timeoutMs: number, signals: StopSource[]): Promise<Tried> {
		const { method, path, body, headers } = call;
		const more = { headers: headers?.() ?? {}, timeoutMs, signals: [this.#ending, ...signals] };
		return this.#transport.send({ method, path, body, ...more });
	}

	#read<T>(call: Call<T>, tried: Tried): { value: T } | { failure: Failure } {
		if ('failure' in tried) return tried;
		try {
			return { value: call.read(tried.answer) };
		} catch (error) {
			if (!(error instanceof Misread)) throw error;
			return { failure: misreadFailure(200, tried.answer.text, this.#transport.server) };
		}
	}
}

/** @param inDoubt a try of this call may have been done */
function errorOf(failure: Failure, inDoubt: boolean): MillraceError {
	const { what, refusal, retryAfterMs, cause } = failure;
	const details = { retryAfterMs, cause };
	if (refusal !== undefined && !(inDoubt && refusal.retryable)) return refusal;
	const told = what.replace(/; (nothing was done|the change may have been made)\.?$/, '');
	if (!inDoubt) return new MillraceError('UNAVAILABLE', `${told}; nothing was done`, details);
	return new MillraceError('AMBIGUOUS', `${told}; the change may have been made`, details);
}
