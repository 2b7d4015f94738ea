import type { JobState } from './job.ts';

/** What a push does when another job holds its key. */
export const ON_CONFLICT = ['keep', 'replace', 'cancelAndReplace', 'queueBehind', 'debounce'] as const;
export type OnConflict = (typeof ON_CONFLICT)[number];

/**
 * At most one job of a topic holds a key. How long the holder does, its own scope says:
 * `waiting`: until it is taken; `unfinished`: until it is completed, dead or cancelled; a window: so many ms from its push,
 * also when it has completed by then, but not when it is dead, cancelled or deleted.
 */
export interface Unique {
	/** 1 to `LIMITS.keyLength` characters. */
	key: string;
	scope: 'waiting' | 'unfinished' | { windowMs: number };
	onConflict: OnConflict;
}

/** What a push did about its key, and who holds it now. */
export interface UniqueAnswer {
	/**
	 * `free`: nobody held it. `kept`: the holder stays and nothing was stored. `replaced`: the holder has the new data and options, and keeps its
	 * priority, its group and its place. `cancelled`: the former holder (`former`) is cancelled. `queued`: the new job is delayed until the holder
	 * gives up the key. `debounced`: as replaced, and due anew.
	 */
	outcome: 'free' | 'kept' | 'replaced' | 'cancelled' | 'queued' | 'debounced';
	/** The job that holds the key after the push, and its state. */
	holder: string;
	holderState: JobState;
	/** With `cancelled`. */
	former?: string;
}

export type ConflictAction = 'keep' | 'replace' | 'cancel' | 'queue' | 'debounce';

/** The state of a job that holds a key; a dead or cancelled job holds none. */
export type HolderState = 'waiting' | 'delayed' | 'active' | 'completed';

/**
 * What becomes of a push whose key is held. A job that runs cannot be changed any more, and a completed one that holds its key for a
 * window has done the work, so that a push within the window is answered by it.
 */
export const UNIQUE_MATRIX: Record<OnConflict, Record<HolderState, ConflictAction>> = {
	keep: { waiting: 'keep', delayed: 'keep', active: 'keep', completed: 'keep' },
	replace: { waiting: 'replace', delayed: 'replace', active: 'keep', completed: 'keep' },
	cancelAndReplace: { waiting: 'cancel', delayed: 'cancel', active: 'cancel', completed: 'keep' },
	queueBehind: { waiting: 'queue', delayed: 'queue', active: 'queue', completed: 'keep' },
	debounce: { waiting: 'debounce', delayed: 'debounce', active: 'queue', completed: 'keep' },
};
