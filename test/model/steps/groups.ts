import fc from 'fast-check';
import type { GroupPatch, GroupSettings } from '../../../src/core/settings.ts';
import type { Engine, GroupPage } from '../../../src/engine/engine.ts';
import { Step } from '../step.ts';
import { groupName, MINUTE, topicName, type World } from '../world.ts';
import { concurrency, rate } from './settings.ts';

/** How long a pause is to last; null for one without end. */
export const pauseMs = fc.constantFrom(null, null, MINUTE, 3 * MINUTE);

export class PutGroup extends Step<GroupSettings> {
	readonly #group: [string, string];
	readonly #patch: GroupPatch;

	constructor(topic: string, group: string, patch: GroupPatch) {
		super();
		this.#group = [topic, group];
		this.#patch = patch;
	}

	act(engine: Engine): Promise<GroupSettings> {
		return engine.putGroup(...this.#group, this.#patch);
	}

	toString(): string {
		return `putGroup(${this.#group}, ${JSON.stringify(this.#patch)})`;
	}
}

export class PauseGroup extends Step<void> {
	readonly #group: [string, string];
	readonly #paused: boolean;
	readonly #forMs: number | null;

	constructor(topic: string, group: string, paused: boolean, forMs: number | null) {
		super();
		this.#group = [topic, group];
		this.#paused = paused;
		this.#forMs = forMs;
	}

	act(engine: Engine, { clock }: World): Promise<void> {
		return engine.pauseGroup(...this.#group, this.#paused, this.#forMs === null ? null : clock() + this.#forMs);
	}

	toString(): string {
		return `pauseGroup(${this.#group}, ${this.#paused}, for ${this.#forMs})`;
	}
}

/** Pages by ones; the list that follows every step is read at one go. */
export class PageGroups extends Step<string[]> {
	readonly #topic: string;

	constructor(topic: string) {
		super();
		this.#topic = topic;
	}

	async act(engine: Engine): Promise<string[]> {
		const names: string[] = [];
		let cursor: string | null = null;
		do {
			const page: GroupPage = await engine.listGroups({ topic: this.#topic, cursor, limit: 1 });
			names.push(...page.groups.map(({ group }) => group));
			cursor = page.nextCursor;
		} while (cursor !== null);
		return names;
	}

	override changedNothing(): boolean {
		return true;
	}

	toString(): string {
		return `pageGroups(${this.#topic})`;
	}
}

const weight = fc.constantFrom(null, 1, 3, 100);
const patch: fc.Arbitrary<GroupPatch> = fc.record({ weight, concurrency, rate }, { requiredKeys: [] });

export const groupSteps = [
	fc.tuple(topicName, groupName, patch).map((parts) => new PutGroup(...parts)),
	fc.tuple(topicName, groupName, fc.constantFrom(true, false, false), pauseMs).map((parts) => new PauseGroup(...parts)),
	topicName.map((name) => new PageGroups(name)),
];
