import type { Clock } from '../core/clock.ts';
import { invalid } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';

/** Where the virtual clock stands when a test says nothing: 1 January 2030, 00:00 UTC. */
const DEFAULT_START = Date.UTC(2030, 0, 1);

/** A clock that stands still until it is moved. */
export class VirtualClock {
	#now: number;

	/** @throws INVALID for what is no instant */
	constructor(start: Date | number = DEFAULT_START) {
		const at = Number(start);
		if (!Number.isInteger(at) || at < 0 || at > LIMITS.maxTimestamp) {
			throw invalid('now', 'must be a date, or epoch milliseconds', start);
		}
		this.#now = at;
	}

	/** For an engine. */
	readonly read: Clock = () => this.#now;

	move(ms: number): void {
		this.#now += ms;
	}
}
