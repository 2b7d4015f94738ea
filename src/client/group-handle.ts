import type { Clock } from '../core/clock.ts';
import { GROUP } from '../core/job-options.ts';
import { refuse } from '../core/refuse.ts';
import type { GroupPatch, GroupSettings } from '../core/settings.ts';
import type { Engine, Group } from '../engine/engine.ts';
import { type PauseOptions, pauseEnd } from './pause.ts';

interface GroupPorts {
	topic: string;
	engine: () => Promise<Engine>;
	clock: Clock;
}

/** One group of a topic: its share, its limits, its pauses. */
export class GroupHandle {
	readonly topic: string;
	readonly name: string;
	readonly #ports: GroupPorts;

	/** @throws INVALID for what can be no group's name */
	constructor(name: string, ports: GroupPorts) {
		if (!GROUP.allows(name)) throw refuse('group', GROUP.expected, name);
		this.topic = ports.topic;
		this.name = name;
		this.#ports = ports;
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
		return (await this.#ports.engine()).putGroup(this.topic, this.name, checked);
	}

	/** A paused group gives no jobs; pushes and the other groups go on. */
	async pause(options: PauseOptions = {}): Promise<void> {
		const until = pauseEnd(options, this.#ports.clock());
		await (await this.#ports.engine()).pauseGroup(this.topic, this.name, true, until);
	}

	/** Ends a pause, and a time for which a worker has parked the group (`RateLimited`). */
	async resume(): Promise<void> {
		await (await this.#ports.engine()).pauseGroup(this.topic, this.name, false);
	}

	/** Its jobs, its settings and whether it is paused or parked; also of a group that nobody has used. */
	async status(): Promise<Group> {
		const groups = await (await this.#ports.engine()).getGroups(this.topic, [this.name]);
		return groups[0] as Group;
	}
}
