/** What befalls the worker of the next job of a topic. */
export type Fault = 'crash at start' | 'crash at end' | 'deliver twice';

/** Faults that wait for their job, in the order they were asked for. */
export class Faults {
	readonly #waiting = new Map<string, Fault[]>();

	add(topic: string, fault: Fault): void {
		this.#waiting.set(topic, [...(this.#waiting.get(topic) ?? []), fault]);
	}

	/** The fault of the delivery that begins now. */
	next(topic: string): Fault | undefined {
		return this.#waiting.get(topic)?.shift();
	}
}
