import type { JobState } from './job.ts';

/** Why a job does or does not run, for programs; `explaining.ts` says it to people. */
export interface Explanation {
	id: string;
	state: JobState;
	/** A worker that takes one job from the topic now gets this one. */
	next: boolean;
	/** What holds the job back. Empty for one that is next, and for one that runs or has finished. */
	reasons: Blocking[];
	/** When a take last asked for the topic's jobs, to the second or so; null for never. */
	lastTakeAt: number | null;
}

/** One reason; the job does not run before every one of them has gone. */
export type Blocking =
	| { code: 'topic_paused'; until: number | null }
	| { code: 'topic_parked'; until: number }
	| { code: 'topic_limit'; limit: number; heldBy: string[] }
	| { code: 'topic_rate'; opensAt: number }
	| { code: 'group_paused'; group: string; until: number | null }
	| { code: 'group_parked'; group: string; until: number }
	| { code: 'group_limit'; group: string; limit: number; heldBy: string[] }
	| { code: 'group_rate'; group: string; opensAt: number }
	/** A delayed job. */
	| { code: 'due'; at: number }
	/** Pushed to wait until another job with its key has finished. */
	| { code: 'unique'; key: string; holder: string }
	/**
	 * Others come first: `jobs` of its own lane and of lanes with a higher priority, and `groups` other lanes of its priority that it takes turns with.
	 * Both are counted up to `LIMITS.lanesLookedAt` lanes.
	 */
	| { code: 'behind'; jobs: number; groups: number };
