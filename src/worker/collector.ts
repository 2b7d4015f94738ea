import type { Delivery } from './delivery.ts';
import type { Registration } from './registration.ts';

/** Gathers deliveries of one topic into calls of its handler: as many as `size`, or what has come by `maxWaitMs`. */
export class Collector {
	readonly #registration: Registration;
	readonly #run: (deliveries: Delivery[]) => void;
	#waiting: Delivery[] = [];
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(registration: Registration, run: (deliveries: Delivery[]) => void) {
		this.#registration = registration;
		this.#run = run;
	}

	add(deliveries: Delivery[]): void {
		if (this.#registration.size === 1) {
			for (const delivery of deliveries) this.#run([delivery]);
			return;
		}
		// One whose lease was lost while it waited is not run.
		this.#waiting = [...this.#waiting.filter((delivery) => !delivery.isOver), ...deliveries];
		const { size, maxWaitMs } = this.#registration;
		while (this.#waiting.length >= size) this.#run(this.#waiting.splice(0, size));
		if (this.#waiting.length === 0) return;
		if (maxWaitMs === 0) this.flush();
		else this.#timer ??= setTimeout(() => this.flush(), maxWaitMs);
	}

	/** Runs what has come so far. */
	flush(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		const deliveries = this.#waiting.splice(0).filter((delivery) => !delivery.isOver);
		if (deliveries.length > 0) this.#run(deliveries);
	}
}
