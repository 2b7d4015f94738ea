import { type Backoff, DEFAULT_BACKOFF } from '../core/backoff.ts';
import type { TopicSettings } from '../core/settings.ts';
import type { Engine } from './engine.ts';

/** What holds for a topic that has no setting of its own. */
export interface PolicyDefaults {
	/** Time that a worker has before its job is given to another, in ms. */
	leaseMs: number;
	/** Most runs of a job. */
	maxAttempts: number;
}

const MAX_AGE_MS = 1_000;
const MAX_ENTRIES = 1_000;

interface Entry {
	since: number;
	settings: Promise<TopicSettings>;
	/** The same, once they are here. */
	known: TopicSettings | null;
}

/**
 * What applies to a topic: its own setting, else the default of whoever asks.
 *
 * Settings are remembered for a second, so a change made through another server is followed within that time;
 * one made through this server is followed at once.
 */
export class TopicDefaults {
	readonly #engine: Engine;
	readonly #defaults: PolicyDefaults;
	readonly #entries = new Map<string, Entry>();

	constructor(engine: Engine, defaults: PolicyDefaults) {
		this.#engine = engine;
		this.#defaults = defaults;
	}

	/** At once where it is known, for every push asks. */
	maxAttempts(topic: string): number | Promise<number> {
		const of = (settings: TopicSettings) => settings.maxAttempts ?? this.#defaults.maxAttempts;
		const known = this.#fresh(topic)?.known;
		return known ? of(known) : this.#settings(topic).then(of);
	}

	/** The longest lease among these topics: one take has one lease, and no topic's jobs may get less than their own. */
	async leaseMs(topics: string[]): Promise<number> {
		const all = await Promise.all(topics.map((topic) => this.#settings(topic)));
		return Math.max(...all.map((settings) => settings.leaseMs ?? this.#defaults.leaseMs));
	}

	async backoff(topic: string): Promise<Backoff> {
		return (await this.#settings(topic)).backoff ?? DEFAULT_BACKOFF;
	}

	/** Remembers what a topic's settings have just been set to. */
	put(topic: string, settings: TopicSettings): void {
		this.#remember(topic, Promise.resolve(settings));
	}

	#settings(topic: string): Promise<TopicSettings> {
		const entry = this.#fresh(topic);
		if (entry !== undefined) return entry.settings;
		const settings = this.#read(topic);
		this.#remember(topic, settings);
		// A failure reaches those who wait for it, and must not be remembered.
		settings.catch(() => {
			if (this.#entries.get(topic)?.settings === settings) this.#entries.delete(topic);
		});
		return settings;
	}

	async #read(topic: string): Promise<TopicSettings> {
		const [found] = await this.#engine.getTopics([topic]);
		return found?.settings ?? {};
	}

	#fresh(topic: string): Entry | undefined {
		const entry = this.#entries.get(topic);
		return entry !== undefined && performance.now() - entry.since < MAX_AGE_MS ? entry : undefined;
	}

	#remember(topic: string, settings: Promise<TopicSettings>): void {
		// Deleted first, so that the map's order is the order of age and its first entry is the oldest.
		this.#entries.delete(topic);
		const entry: Entry = { since: performance.now(), settings, known: null };
		this.#entries.set(topic, entry);
		settings.then(
			(known) => {
				entry.known = known;
			},
			() => {},
		);
		if (this.#entries.size <= MAX_ENTRIES) return;
		for (const oldest of this.#entries.keys()) {
			this.#entries.delete(oldest);
			break;
		}
	}
}
