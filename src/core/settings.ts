import type { Backoff } from './backoff.ts';

/** How many finished jobs of one kind a topic keeps, and for how long. Either bound lets a job go. */
export interface Retention {
	/** Jobs kept, newest first. 0 keeps none. */
	count: number;
	/** Age since the job finished, in ms. */
	ageMs: number;
}

/** What an operator may set for a topic; everything that is absent follows the server's default. */
export interface TopicSettings {
	maxAttempts?: number;
	backoff?: Backoff;
	leaseMs?: number;
	completed?: Retention;
	dead?: Retention;
}

/** As in the seed: a job not marked within a minute is given out again, three times at most. */
export const DEFAULT_LEASE_MS = 60_000;
export const DEFAULT_MAX_ATTEMPTS = 4;

/** Bounded by default, so that a store never fills with finished work. */
export const DEFAULT_RETENTION: { completed: Retention; dead: Retention } = {
	completed: { count: 1_000, ageMs: 3_600_000 },
	dead: { count: 10_000, ageMs: 604_800_000 },
};

/** The settings of a topic after a patch: a given field replaces, null removes, an absent field stays. */
export type SettingsPatch = { [K in keyof TopicSettings]?: TopicSettings[K] | null };

export function patchSettings(settings: TopicSettings, patch: SettingsPatch): TopicSettings {
	const merged = Object.entries({ ...settings, ...patch }).filter(([, value]) => value !== null && value !== undefined);
	return Object.fromEntries(merged);
}
