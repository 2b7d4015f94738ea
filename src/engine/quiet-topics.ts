/**
 * How long silence is believed; the next take after this looks again. Hints are not lost on a connection that lives, and one that dies is noticed
 * (redis/wake.ts), so this is for what nobody has thought of: twenty workers that wait for nothing cost a store a take every six seconds.
 */
const BELIEVED_MS = 120_000;
/** Anybody may name topics. More than these are not worth remembering. */
const MOST = 10_000;

/** Topics that had nothing to give when a take asked, and of which no hint has been heard since. */
export class QuietTopics {
	readonly #since = new Map<string, number>();

	/** @param since when the take began that found nothing, by `performance.now()` */
	add(topics: string[], since: number): void {
		if (this.#since.size + topics.length > MOST) this.#since.clear();
		for (const topic of topics) this.#since.set(topic, since);
	}

	/** True when a take of all these topics would find nothing, as far as is known. */
	has(topics: string[]): boolean {
		const oldest = performance.now() - BELIEVED_MS;
		return topics.every((topic) => (this.#since.get(topic) ?? oldest) > oldest);
	}

	/**
	 * Goes on believing, since somebody looks again now. False when nothing was believed of one of these topics.
	 */
	renew(topics: string[]): boolean {
		if (!topics.every((topic) => this.#since.has(topic))) return false;
		this.add(topics, performance.now());
		return true;
	}

	/** @param topic null for all of them */
	forget(topic: string | null): void {
		if (topic === null) this.#since.clear();
		else this.#since.delete(topic);
	}
}
