import { type DefectCode, defectOf, type Examination, type Examined, NOTHING_EXAMINED } from '../../core/doctor.ts';
import { formatId } from '../../core/ids.ts';
import { decodeCursor, encodeCursor } from './cursors.ts';
import type { Scripts } from './scripts.ts';

type Found = [code: DefectCode, target: string, detail: string, repaired: number];
type Reply = [examined: number, found: Found[], part: string, place: string, suspect: number];

/** The part of the topic at which an examination begins. */
const FIRST_PART = '1';

/** All keys but one are of topics; that one only lists their names. */
export async function examine(scripts: Scripts, { topic, cursor, limit, repair }: Examination): Promise<Examined> {
	const [part = FIRST_PART, place = '', suspect = '0'] = decodeCursor(cursor, 3);
	if (topic === null) return NOTHING_EXAMINED;
	const call = [scripts.now, scripts.callId(), scripts.callMemory];
	const args = [...call, part, place, suspect, String(limit)];
	const reply = await scripts.call<Reply>(repair ? 'repair' : 'examine', topic, args);
	const [examined, found, nextPart, nextPlace, isSuspect] = reply;
	return {
		examined,
		defects: found.map(([code, target, detail, repaired]) => {
			return defectOf(code, targetOf(topic, target), detail, repaired === 1);
		}),
		nextCursor: nextPart === '' ? null : encodeCursor([nextPart, nextPlace, String(isSuspect)]),
	};
}

/** The scripts know jobs by their numbers. */
function targetOf(topic: string, target: string): string {
	const number = /^job (\d+)$/.exec(target)?.[1];
	return number === undefined ? target : formatId(topic, Number(number));
}
