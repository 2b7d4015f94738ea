import { MillraceError } from '../../core/errors.ts';
import type { TakeRequest } from '../engine.ts';

interface Doubt {
	requestId: string;
	/** What it was asked for: topics, lease, for whom and on what terms. */
	what: string;
	/** When the server forgets it, by `performance.now()`. */
	until: number;
}

/** More takes than these fail together only when their callers are gone. */
const MOST = 100;

/**
 * Takes that failed and may have leased jobs. The next take of the same kind takes their request id over, and so gets those jobs
 * instead of leaving them to the end of their lease, which would cost them an attempt.
 */
export class TakesInDoubt {
	#doubts: Doubt[] = [];

	note(request: TakeRequest & { requestId: string }): void {
		const { requestId, leaseMs } = request;
		this.#doubts.push({ requestId, what: kindOf(request), until: performance.now() + leaseMs });
		if (this.#doubts.length > MOST) this.#doubts.shift();
	}

	/** The request id to take over, if there is one. It is in doubt no more, unless it is noted again. */
	claim(request: TakeRequest): string | undefined {
		const now = performance.now();
		this.#doubts = this.#doubts.filter(({ until }) => until > now);
		const found = this.#doubts.find(({ what }) => what === kindOf(request));
		if (found !== undefined) this.#doubts = this.#doubts.filter((doubt) => doubt !== found);
		return found?.requestId;
	}
}

export function mayHaveTaken(error: unknown): boolean {
	return !(error instanceof MillraceError) || error.code === 'AMBIGUOUS';
}

function kindOf({ topics, leaseMs, worker = '', marks = false }: TakeRequest): string {
	return JSON.stringify([leaseMs, worker, marks, ...topics.toSorted()]);
}
