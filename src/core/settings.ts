import type { Backoff } from './backoff.ts';
import type { Rate } from './rate.ts';

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
	cancelled?: Retention;
	/** Most jobs of the topic that are active at once. */
	concurrency?: number;
	/** Starts in the topic. */
	rate?: Rate;
	/** What holds for each group that has no setting of its own. */
	groups?: GroupLimits;
	/** Most bytes of payload in unfinished jobs. A push beyond them is refused (TOPIC_FULL). Counts jobs pushed since it was set. */
	waitingBytes?: number;
	/** Most bytes of payload in finished jobs that are kept; the oldest go first. Counts jobs pushed since it was set. */
	finishedBytes?: number;
}

export interface GroupLimits {
	/** Most jobs of the group that are active at once. With 1 they run strictly one after the other. */
	concurrency?: number;
	/** Starts in the group. */
	rate?: Rate;
}

/** What an operator may set for one group; what is absent follows the topic's `groups`. */
export interface GroupSettings extends GroupLimits {
	/** Share of the topic next to other groups with work: an integer from 1 to `LIMITS.weight`. Default 1. */
	weight?: number;
}

/** A given field replaces, null removes, an absent field stays. */
export type GroupPatch = { [K in keyof GroupSettings]?: GroupSettings[K] | null };

/** As in the seed: a job not marked within a minute is given out again, three times at most. */
export const DEFAULT_LEASE_MS = 60_000;
export const DEFAULT_MAX_ATTEMPTS = 4;

/** Bounded by default, so that a store never fills with finished work. */
export const DEFAULT_RETENTION: { completed: Retention; dead: Retention; cancelled: Retention } = {
	completed: { count: 1_000, ageMs: 3_600_000 },
	dead: { count: 10_000, ageMs: 604_800_000 },
	cancelled: { count: 1_000, ageMs: 86_400_000 },
};

/** The settings of a topic after a patch: a given field replaces, null removes, an absent field stays. */
export type SettingsPatch = { [K in keyof TopicSettings]?: TopicSettings[K] | null };

export function patchSettings<S extends object>(settings: S, patch: { [K in keyof S]?: S[K] | null }): S {
	const merged = Object.entries({ ...settings, ...patch }).filter(([, value]) => value !== null && value !== undefined);
	return Object.fromEntries(merged) as S;
}
