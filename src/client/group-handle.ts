import { GROUP } from '../core/job-options.ts';
import { check } from '../core/rules.ts';
import type { GroupPatch, GroupSettings } from '../core/settings.ts';
import type { Group } from '../engine/engine.ts';
import { type PauseOptions, pauseEnd } from './pause.ts';
import type { Store } from './store.ts';

/** One group of a topic: its share, its limits, its pauses. */
export class GroupHandle {
	readonly topic: string;
	readonly name: string;
	readonly #store: () => Promise<Store>;

	/** @throws INVALID for what can be no group's name */
	constructor(topic: string, name: string, store: () => Promise<Store>) {
		check('group', name, GROUP);
		this.topic = topic;
		this.name = name;
		this.#store = store;
	}

	/**
	 * Changes the group's own settings: a value sets, null removes (then the topic's `groups` hold), an absent field stays.
	 * Holds for jobs that wait already.
	 *
	 * @returns what now holds for the group itself
	 * @throws INVALID for settings out of range
	 */
	async configure(patch: GroupPatch): Promise<GroupSettings> {
		const { checkGroupSettings } = await import('./settings.ts');
		const checked = checkGroupSettings(patch);
		const { engine } = await this.#store();
		return engine.putGroup(this.topic, this.name, checked);
	}

	/** A paused group gives no jobs; pushes and the other groups go on. */
	async pause(options: PauseOptions = {}): Promise<void> {
		const { engine, clock } = await this.#store();
		await engine.pauseGroup(this.topic, this.name, true, pauseEnd(options, clock()));
	}

	/** Ends a pause, and a time for which a worker has parked the group (`RateLimited`). */
	async resume(): Promise<void> {
		const { engine } = await this.#store();
		await engine.pauseGroup(this.topic, this.name, false);
	}

	/** Its jobs, its settings and whether it is paused or parked; also of a group that nobody has used. */
	async status(): Promise<Group> {
		const { engine } = await this.#store();
		const [group] = await engine.getGroups(this.topic, [this.name]);
		return group as Group;
	}
}
