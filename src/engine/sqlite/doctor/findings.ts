import { type Defect, type DefectCode, defectOf } from '../../../core/doctor.ts';
import type { Store } from '../store.ts';
import type { TopicEntry } from '../topic-entry.ts';

/** A place in a part of an examination: a number and a name, as the part reads them. */
export type Place = [number: number, name: string];

/** A part of an examination: looks at up to `room` rows behind a place, and says how many there were and where to go on; null at its end. */
export type Walk<Where> = (where: Where, after: Place | null, room: number) => { looked: number; next: Place | null };

/** Where an examination is: a topic, and what was found in it. */
export interface Ward {
	store: Store;
	topic: TopicEntry;
	findings: Findings;
}

/** What a step has found, and mended where that was asked for. */
export class Findings {
	readonly defects: Defect[] = [];
	readonly #repair: boolean;

	constructor(repair: boolean) {
		this.#repair = repair;
	}

	/** @param mend absent where nothing is certain */
	report(code: DefectCode, target: string, detail: string, mend?: () => void): void {
		const isRepaired = this.#repair && mend !== undefined;
		if (isRepaired) mend();
		this.defects.push(defectOf(code, target, detail, isRepaired));
	}
}

/** The end of a page of rows that were asked for: where the next begins, if there may be one. */
export function pageOf<Row>(rows: Row[], room: number, place: (row: Row) => Place) {
	const last = rows.at(-1);
	return { looked: rows.length, next: rows.length < room || last === undefined ? null : place(last) };
}
