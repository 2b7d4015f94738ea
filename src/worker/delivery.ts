import { type Clock, systemClock } from '../core/clock.ts';
import type { TakenJob } from '../core/job.ts';
import type { Lease } from '../engine/engine.ts';
import type { Ending } from './outcomes.ts';

/** The longest that a timer can wait, in ms; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * One job in this worker's hands.
 *
 *     running ── end() ──► ended, its outcome goes to the store
 *        └─── lose() ──► lost, its outcome would be refused and is dropped
 *
 * The first of the two wins; a handler that goes on afterwards changes nothing.
 */
export class Delivery {
	readonly job: TakenJob;
	/** What an instant that the handler names is compared with. */
	readonly now: Clock;
	/** Made when somebody asks for its signal: few handlers do, and it costs as much as all the rest of a delivery. */
	#controller: AbortController | null = null;
	#why: Error | null = null;
	readonly #onOver: (delivery: Delivery, ending: Ending | null) => void;
	#timers: ReturnType<typeof setTimeout>[] | null = null;
	#over = false;

	constructor(job: TakenJob, onOver: (delivery: Delivery, ending: Ending | null) => void, clock: Clock = systemClock) {
		this.job = job;
		this.now = clock;
		this.#onOver = onOver;
	}

	/**
	 * Fires when the handler had better stop. Its `reason` is a MillraceError whose code says why: STALE_LEASE, JOB_CANCELLED, TIMEOUT,
	 * CLOSED.
	 */
	get signal(): AbortSignal {
		if (this.#controller === null) {
			this.#controller = new AbortController();
			if (this.#why !== null) this.#controller.abort(this.#why);
		}
		return this.#controller.signal;
	}

	get isOver(): boolean {
		return this.#over;
	}

	get lease(): Lease {
		return { id: this.job.id, token: this.job.token };
	}

	/** Does `work` in so many ms, unless the delivery is over by then. */
	after(ms: number, work: () => void): void {
		if (this.#over || ms > LONGEST_TIMER_MS) return;
		this.#timers ??= [];
		this.#timers.push(setTimeout(work, ms));
	}

	/** @param why fires the signal as well: the handler is still at work */
	end(ending: Ending, why?: Error): void {
		this.#finish(ending, why);
	}

	lose(why: Error): void {
		this.#finish(null, why);
	}

	#finish(ending: Ending | null, why: Error | undefined): void {
		if (this.#over) return;
		this.#over = true;
		if (this.#timers !== null) for (const timer of this.#timers) clearTimeout(timer);
		this.#onOver(this, ending);
		if (why === undefined) return;
		this.#why = why;
		this.#controller?.abort(why);
	}
}
