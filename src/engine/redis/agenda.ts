/** The three kinds of upkeep that a topic needs. */
export type Upkeep = 'promote' | 'reclaim' | 'prune';

const KINDS: readonly Upkeep[] = ['promote', 'reclaim', 'prune'];

/**
 * When each topic needs which upkeep, as far as this process knows. It spares Redis a look at every topic every second:
 * scripts announce a new earliest due time, sweeps tell the next one, and a full look now and then forgives a lost hint.
 *
 * Times are of this process's monotonic clock; the store only ever says "in so many ms".
 */
export class Agenda {
	readonly #at: Record<Upkeep, Map<string, number>> = { promote: new Map(), reclaim: new Map(), prune: new Map() };

	/** `topic` needs a look in `inMs`, unless it is due sooner anyway. */
	expect(topic: string, kind: Upkeep, inMs: number): void {
		const at = performance.now() + inMs;
		const known = this.#at[kind].get(topic);
		if (known === undefined || at < known) this.#at[kind].set(topic, at);
	}

	/** Every kind of upkeep of these topics is due now. */
	expectAll(topics: string[]): void {
		for (const topic of topics) for (const kind of KINDS) this.expect(topic, kind, 0);
	}

	/** The topics that are due, taken off the agenda. */
	takeDue(kind: Upkeep): string[] {
		const now = performance.now();
		const due = [...this.#at[kind]].filter(([, at]) => at <= now).map(([topic]) => topic);
		for (const topic of due) this.#at[kind].delete(topic);
		return due;
	}

	/** Ms until the next topic is due; null when none is in sight. */
	nextInMs(kind: Upkeep): number | null {
		const times = [...this.#at[kind].values()];
		return times.length === 0 ? null : Math.max(0, Math.ceil(Math.min(...times) - performance.now()));
	}
}
