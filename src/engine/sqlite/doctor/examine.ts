import { type Examination, type Examined, NOTHING_EXAMINED } from '../../../core/doctor.ts';
import { invalid } from '../../../core/errors.ts';
import { readCursor, writeCursor } from '../cursors.ts';
import type { Store } from '../store.ts';
import { walkCounts, walkDueTimes } from './counts.ts';
import { Findings, type Place, type Walk, type Ward } from './findings.ts';
import { walkJobs } from './jobs.ts';
import { walkFollowers, walkKeys } from './keys.ts';
import { walkLanes } from './lanes.ts';
import { type Attic, walkHistory, walkPayloads } from './strays.ts';

/** What counts others comes last: a repair that moves jobs changes it. */
const TOPIC_PARTS: Walk<Ward>[] = [walkJobs, walkLanes, walkFollowers, walkKeys, walkCounts, walkDueTimes];

/** What stands in the file and belongs to no topic. */
const ATTIC_PARTS: Walk<Attic>[] = [walkPayloads, walkHistory];

/** An examination whose cursor has been read: a part, and the place in it; null for the beginning of that part. */
export type ExaminationPlace = Omit<Examination, 'cursor'> & { part: number; after: Place | null };

/** @throws INVALID for an unreadable cursor */
export function readExamination({ cursor, ...examination }: Examination): ExaminationPlace {
	if (cursor === null) return { ...examination, part: 0, after: null };
	const [part, begun, number, name] = readCursor(cursor, ['number', 'number', 'number', 'string']);
	const parts = examination.topic === null ? ATTIC_PARTS : TOPIC_PARTS;
	if (parts[Number(part)] === undefined) throw invalid('cursor', 'must be the nextCursor of the step before', cursor);
	return { ...examination, part: Number(part), after: begun === 1 ? [Number(number), String(name)] : null };
}

export function examine(store: Store, place: ExaminationPlace): Examined {
	const findings = new Findings(place.repair);
	if (place.topic === null) return step(store, ATTIC_PARTS, { store, findings }, place);
	const topic = store.topics.find(place.topic);
	if (topic === undefined) return NOTHING_EXAMINED;
	return step(store, TOPIC_PARTS, { store, topic, findings }, place);
}

/** As many parts as come to `limit` rows. */
function step<Where extends Attic>(
	store: Store,
	parts: Walk<Where>[],
	where: Where,
	{ limit, ...from }: ExaminationPlace,
): Examined {
	let { part, after } = from;
	let examined = 0;
	while (examined < limit) {
		const walk = parts[part];
		if (walk === undefined) return { examined, defects: where.findings.defects, nextCursor: null };
		// What the caches hold must stand in the tables, where it is compared.
		store.prepareCommit();
		const { looked, next } = walk(where, after, limit - examined);
		examined += looked;
		after = next;
		if (next === null) part++;
	}
	const isOver = parts[part] === undefined;
	const nextCursor = isOver ? null : writeCursor([part, after === null ? 0 : 1, after?.[0] ?? 0, after?.[1] ?? '']);
	return { examined, defects: where.findings.defects, nextCursor };
}
