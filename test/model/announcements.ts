import type * as seam from '../../src/engine/engine.ts';
import * as flow from './flow.ts';
import type * as model from './model.ts';

/** What the model tells those who listen: that there may be work, and which jobs were cancelled. */
export class Announcements {
	readonly #onWork = new Set<(hint: seam.WorkHint) => void>();
	readonly #onCancel = new Set<(ids: string[]) => void>();

	onWork(listener: (hint: seam.WorkHint) => void): () => void {
		this.#onWork.add(listener);
		return () => this.#onWork.delete(listener);
	}

	onCancel(listener: (ids: string[]) => void): () => void {
		this.#onCancel.add(listener);
		return () => this.#onCancel.delete(listener);
	}

	/** Whoever waits for a job that was held back asks again. A hint too many does no harm. */
	hintWhatGives(topics: Map<string, model.ModelTopic>, now: number): void {
		if (this.#onWork.size === 0) return;
		for (const [name, topic] of topics) {
			if (flow.nextJob(topic, now, false) !== undefined) this.hint(name, 0);
		}
	}

	hint(topic: string, inMs: number): void {
		for (const listener of this.#onWork) listener({ topic, inMs });
	}

	tellCancelled(ids: string[]): void {
		if (ids.length > 0) for (const listener of this.#onCancel) listener(ids);
	}

	/** Does `work`, and tells when the first of the topic's jobs falls due earlier after it than before. */
	hintIfEarlier<T>(topic: model.ModelTopic, at: 'runAt' | 'leaseExpiresAt', now: number, work: () => T): T {
		const first = () => Math.min(...[...topic.jobs.values()].map((job) => job[at] ?? Number.POSITIVE_INFINITY));
		const before = first();
		const result = work();
		if (first() < before) this.hint(topic.topic, first() - now);
		return result;
	}
}
