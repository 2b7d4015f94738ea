import type { Event } from './history.ts';

interface Delivery {
	token: number;
	at: number;
	until: number;
}

/** Two processes read one clock a little apart, and the store rounds to ms. */
const SLACK_MS = 20;
/** How long after a jump of the clock a worker that stood still may tell of an answer from before it. */
const JUMP_SLACK_MS = 10_000;

/** Who had which job under which token, and whose settles were accepted. */
export class Deliveries {
	/** Nearly every job is delivered once: the first of each, and apart from it the later ones. */
	readonly #first = new Map<string, Delivery>();
	readonly #later = new Map<string, Delivery[]>();
	readonly #accepted = new Map<string, number>();
	readonly #doubleCompletions = new Set<string>();
	readonly #staleAcceptances = new Set<string>();
	readonly #jumps: { at: number; byMs: number }[] = [];
	#redeliveries = 0;

	took({ id, token, at, until }: Extract<Event, { e: 'took' }>): void {
		const delivery = { token, at, until };
		if (token > 1) this.#redeliveries++;
		if (!this.#first.has(id)) this.#first.set(id, delivery);
		else this.#later.set(id, [...(this.#later.get(id) ?? []), delivery]);
	}

	accepted({ id, token }: Extract<Event, { e: 'settled' }>): void {
		const before = this.#accepted.get(id);
		if (before === undefined) this.#accepted.set(id, token);
		else {
			this.#doubleCompletions.add(id);
			this.#accepted.set(id, Math.min(before, token));
		}
	}

	setClock({ at, byMs }: Extract<Event, { e: 'clock' }>): void {
		this.#jumps.push({ at, byMs });
	}

	get clockWasSet(): boolean {
		return this.#jumps.length > 0;
	}

	/** @param states - of the jobs that the store has in the end, by id */
	verdict(states: Map<string, string>) {
		const overlapping: string[] = [];
		for (const [id, later] of this.#later) {
			const first = this.#first.get(id);
			const all = (first === undefined ? later : [first, ...later]).toSorted((a, b) => a.token - b.token);
			if (this.#overlap(all)) overlapping.push(id);
			if ((this.#accepted.get(id) ?? Number.POSITIVE_INFINITY) < (all.at(-1)?.token ?? 0)) {
				this.#staleAcceptances.add(id);
			}
		}
		const undone = [...this.#accepted.keys()].filter((id) => (states.get(id) ?? 'completed') !== 'completed');
		return {
			undone,
			doubleCompletions: [...this.#doubleCompletions],
			staleAcceptances: [...this.#staleAcceptances],
			overlapping,
			redeliveries: this.#redeliveries,
		};
	}

	#overlap(inOrder: Delivery[]): boolean {
		return inOrder.some((one, i) => {
			const before = inOrder[i - 1];
			// The same delivery may come twice: a take is repeated when its answer was lost.
			if (before === undefined || before.token >= one.token) return false;
			// A lease lasts by the clock of the store; one that was given before a jump is over sooner or later than it said.
			const [from, to] = [Math.min(before.at, one.at) - JUMP_SLACK_MS, Math.max(before.at, one.at) + SLACK_MS];
			if (this.#jumps.some(({ at }) => at >= from && at <= to)) return false;
			return one.at < before.until - this.#aheadAt(before.at) - SLACK_MS;
		});
	}

	#aheadAt(time: number): number {
		return this.#jumps.reduce((sum, { at, byMs }) => (at <= time ? sum + byMs : sum), 0);
	}
}
