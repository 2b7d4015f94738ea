import fc from 'fast-check';
import type { Rate } from '../../../src/core/rate.ts';
import type { Retention, SettingsPatch, TopicSettings } from '../../../src/core/settings.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { Step } from '../step.ts';
import { MINUTE, topicName } from '../world.ts';

export class Put extends Step<TopicSettings> {
	readonly #topic: string;
	readonly #patch: SettingsPatch;

	constructor(topic: string, patch: SettingsPatch) {
		super();
		this.#topic = topic;
		this.#patch = patch;
	}

	act(engine: Engine): Promise<TopicSettings> {
		return engine.putTopic(this.#topic, this.#patch);
	}

	toString(): string {
		return `putTopic(${this.#topic}, ${JSON.stringify(this.#patch)})`;
	}
}

/** null takes the limit away. */
export const concurrency = fc.constantFrom(null, 1, 1, 2, 3);

/** Exact logs, spread ones, and one that is kept in slots of time. */
export const rate = fc.constantFrom<Rate | null>(
	null,
	{ limit: 1, perMs: MINUTE },
	{ limit: 3, perMs: 2 * MINUTE },
	{ limit: 4, perMs: 4 * MINUTE, burst: 2 },
	{ limit: 100, perMs: 2 * MINUTE },
);

const retention: fc.Arbitrary<Retention | null> = fc.option(
	fc.record({ count: fc.nat(3), ageMs: fc.constantFrom(2 * MINUTE, 1_000 * MINUTE) }),
);

const groups = fc.option(
	fc
		.record({ concurrency, rate }, { requiredKeys: [] })
		.map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))),
);

const kept: fc.Arbitrary<SettingsPatch> = fc.record(
	{ completed: retention, dead: retention, cancelled: retention },
	{ requiredKeys: [] },
);

const flow: fc.Arbitrary<SettingsPatch> = fc.record(
	{ concurrency: fc.constantFrom(null, 1, 3, 5), rate, groups },
	{ requiredKeys: [] },
);

/** A payload of the alphabet has 7 or 8 bytes. */
const budgets: fc.Arbitrary<SettingsPatch> = fc.record(
	{ waitingBytes: fc.constantFrom(null, 40, 100), finishedBytes: fc.constantFrom(null, 0, 20) },
	{ requiredKeys: [] },
);

const put = (patch: fc.Arbitrary<SettingsPatch>) => fc.tuple(topicName, patch).map((parts) => new Put(...parts));

export const settingsSteps = [put(kept), put(flow), put(flow), put(budgets)];
