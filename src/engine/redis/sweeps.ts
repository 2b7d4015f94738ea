import { LIMITS } from '../../core/limits.ts';
import { TRANSITIONS } from '../../core/transitions.ts';
import type { Sweep } from '../engine.ts';
import type { Agenda, Upkeep } from './agenda.ts';
import { encodeTransition } from './codec.ts';
import { PROMOTING } from './due.ts';
import { KEEP, KEEP_MS } from './retention.ts';
import type { Scripts } from './scripts.ts';
import type { TopicNames } from './topic-names.ts';

/** How often every topic is looked at although nothing was announced. Without a subscription, every second. */
const FULL_LOOK_MS = 60_000;
const FULL_LOOK_DEAF_MS = 1_000;

interface SweeperOptions {
	scripts: Scripts;
	names: TopicNames;
	agenda: Agenda;
	/** True while hints arrive, so that the agenda can be trusted. */
	isListening: () => boolean;
	/** True when tests set the time: then no agenda knows what is due, and every sweep looks at every topic. */
	everyTopic: boolean;
}

const ENDS_OF_LEASES = [
	encodeTransition(TRANSITIONS.reclaim, 'crashed'),
	encodeTransition(TRANSITIONS.unstarted),
	encodeTransition(TRANSITIONS.timeout, 'timeout'),
];

const ARGUMENTS: Record<Upkeep, string[]> = {
	promote: PROMOTING,
	reclaim: [KEEP, ...ENDS_OF_LEASES],
	prune: [KEEP, KEEP_MS],
};

/** The maintenance steps, over the topics that need them. */
export class Sweeper {
	readonly #options: SweeperOptions;
	#lookedAt = Number.NEGATIVE_INFINITY;

	constructor(options: SweeperOptions) {
		this.#options = options;
	}

	/** Hints may have been missed: the next sweep looks at every topic. */
	lookAtAll(): void {
		this.#lookedAt = Number.NEGATIVE_INFINITY;
	}

	async sweep(kind: Upkeep): Promise<Sweep> {
		const { agenda } = this.#options;
		await this.#fullLook();
		const due = agenda.takeDue(kind);
		let count = 0;
		let nextInMs: number | null = null;
		while (due.length > 0 && count < LIMITS.sweep) {
			const topic = due[0] ?? '';
			const [moved, nextIn] = await this.#step(kind, topic, LIMITS.sweep - count).catch((problem) => {
				for (const left of due) agenda.expect(left, kind, 0);
				throw problem;
			});
			due.shift();
			count += moved;
			if (nextIn < 0) continue;
			nextInMs = Math.min(nextIn, nextInMs ?? nextIn);
			agenda.expect(topic, kind, nextIn);
		}
		for (const left of due) agenda.expect(left, kind, 0);
		return { count, more: due.length > 0 || nextInMs === 0, nextInMs: nextInMs ?? agenda.nextInMs(kind) };
	}

	async #step(kind: Upkeep, topic: string, max: number): Promise<[moved: number, nextInMs: number]> {
		const args = [this.#options.scripts.now, String(max), ...ARGUMENTS[kind]];
		const [moved, nextIn] = await this.#options.scripts.call<[number, string]>(kind, topic, args);
		return [moved, Number(nextIn)];
	}

	async #fullLook(): Promise<void> {
		const { agenda, names, everyTopic, isListening } = this.#options;
		const now = performance.now();
		const interval = everyTopic ? 0 : isListening() ? FULL_LOOK_MS : FULL_LOOK_DEAF_MS;
		if (now - this.#lookedAt < interval) return;
		this.#lookedAt = now;
		try {
			agenda.expectAll(await names.all());
		} catch (problem) {
			this.lookAtAll();
			throw problem;
		}
	}
}
