import type { Event, Part } from './history.ts';

/** How soon work went on, each figure in ms. */
export interface Recovery {
	/** From the end of a worker until a job that it had in hand was delivered again. */
	crashedMs: number[];
	/** What came between the beginning of a fault and that of the next, and how long until a job completed after it was healed. */
	byFault: Record<string, { times: number; redeliveries: number; recoveryMs: number[]; part: Part }>;
}

export class Recoveries {
	readonly #byFault: Recovery['byFault'] = {};
	readonly #crashedMs: number[] = [];
	/** What each worker has in hand. */
	readonly #hands = new Map<string, Set<string>>();
	/** When the worker of a job has ended. */
	readonly #orphans = new Map<string, number>();
	#fault: Recovery['byFault'][string] | undefined;
	#healedAt: number | undefined;

	add(event: Event): void {
		if (event.e === 'fault') this.#begin(event);
		if (event.e === 'healed') this.#healedAt = event.at;
		if (event.e === 'took') this.#took(event);
		if (event.e === 'settled') this.#settled(event);
		if (event.e === 'ended') {
			for (const id of this.#hands.get(event.worker) ?? []) this.#orphans.set(id, event.at);
			this.#hands.delete(event.worker);
		}
	}

	verdict(): Recovery {
		return { crashedMs: this.#crashedMs, byFault: this.#byFault };
	}

	#begin({ fault, part = 'other' }: Extract<Event, { e: 'fault' | 'healed' }>): void {
		this.#fault = this.#byFault[fault] ?? { times: 0, redeliveries: 0, recoveryMs: [], part };
		this.#byFault[fault] = this.#fault;
		this.#fault.times++;
		this.#healedAt = undefined;
	}

	#took({ id, worker, at, token }: Extract<Event, { e: 'took' }>): void {
		if (token > 1 && this.#fault !== undefined) this.#fault.redeliveries++;
		const orphanedAt = this.#orphans.get(id);
		if (orphanedAt !== undefined) this.#crashedMs.push(at - orphanedAt);
		this.#orphans.delete(id);
		const hand = this.#hands.get(worker) ?? new Set();
		this.#hands.set(worker, hand.add(id));
	}

	#settled({ id, worker, at, status }: Extract<Event, { e: 'settled' }>): void {
		this.#hands.get(worker)?.delete(id);
		if (status !== 'ok' || this.#healedAt === undefined || at < this.#healedAt) return;
		this.#fault?.recoveryMs.push(at - this.#healedAt);
		this.#healedAt = undefined;
	}
}
