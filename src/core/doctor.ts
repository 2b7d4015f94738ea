/** What may be wrong in a store. One code on both engines where the same can go wrong; docs/doctor.md has them all. */
export const DEFECT_CODES = [
	'no_record',
	'two_states',
	'no_lane',
	'no_ring',
	'held_in_ring',
	'empty_lane',
	'no_slot',
	'slot_without_job',
	'never_due',
	'key_without_owner',
	'stray_field',
	'count_differs',
] as const;

export type DefectCode = (typeof DEFECT_CODES)[number];

export interface Defect {
	code: DefectCode;
	/** A job's id; else `lane PRIORITY:GROUP`, `ring PRIORITY`, `slot GROUP`, `key KEY` or `count NAME`, of the topic that was asked about. */
	target: string;
	/** What is wrong, and what was done about it. */
	message: string;
	repaired: boolean;
}

export interface Examination {
	/** null: what stands in the store and belongs to no topic. */
	topic: string | null;
	/** `nextCursor` of the step before; null for the first. An unreadable one throws INVALID. */
	cursor: string | null;
	/** Most jobs and entries to look at, up to `LIMITS.examinationStep`. */
	limit: number;
	repair: boolean;
}

export interface Examined {
	/** Jobs and entries that were looked at. */
	examined: number;
	defects: Defect[];
	/** null when the topic has been gone through. */
	nextCursor: string | null;
}

interface Words {
	/** What is wrong. @param detail - where, or what else must be known */
	found: (detail: string) => string;
	/** What a repair does. */
	done: string;
}

const WORDS: Record<DefectCode, Words> = {
	no_record: { found: (where) => `${where} names a job that has no record`, done: 'the entry was dropped' },
	two_states: {
		found: (places) => `the job stands in more than one place: ${places}`,
		done: 'it stands in the first of them only',
	},
	no_lane: {
		found: (where) => `the job waits and does not stand in its lane${where === '' ? '' : ` (${where})`}`,
		done: 'it was put at the tail of its lane',
	},
	no_ring: { found: (what) => `the lane holds jobs and ${what}`, done: 'it stands there again' },
	held_in_ring: { found: () => 'the lane stands in its ring and is held too', done: 'it is held no more' },
	empty_lane: { found: (where) => `${where} names it, and it holds no job`, done: 'the entry was dropped' },
	no_slot: { found: () => 'the active job uses no slot of its group', done: 'it uses one' },
	slot_without_job: {
		found: (why) => `a slot of a group is used by a job that ${why}`,
		done: 'the slot was freed',
	},
	never_due: { found: (why) => `it never falls due: ${why}`, done: 'it is due' },
	key_without_owner: {
		found: (why) => `the unique key is held by a job that ${why}`,
		done: 'the key was freed, or went to the next in line',
	},
	stray_field: {
		found: (name) => `${name} is kept for a job that is gone or has no use for it`,
		done: 'the entry was dropped',
	},
	count_differs: { found: (numbers) => numbers, done: 'the count was set right' },
};

/** A defect in the words of people. */
export function defectOf(code: DefectCode, target: string, detail: string, repaired: boolean): Defect {
	const { found, done } = WORDS[code];
	const message = repaired ? `${found(detail)}; ${done}` : found(detail);
	return { code, target, message, repaired };
}

/** The examination of what there is nothing of. */
export const NOTHING_EXAMINED: Examined = Object.freeze({ examined: 0, defects: [], nextCursor: null });
