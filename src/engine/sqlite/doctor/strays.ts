import { removeHistory } from '../history.ts';
import type { Store } from '../store.ts';
import { type Findings, pageOf, type Walk } from './findings.ts';

/** What stands in the file and belongs to no topic. */
export interface Attic {
	store: Store;
	findings: Findings;
}

interface Row {
	job: number;
	known: number;
}

const KNOWN = 'job, EXISTS (SELECT 1 FROM jobs WHERE jobs.id = job) AS known';
const PAYLOADS = `SELECT ${KNOWN} FROM payloads WHERE job > ? ORDER BY job LIMIT ?`;
const HISTORY = `SELECT ${KNOWN} FROM history WHERE job > ? GROUP BY job ORDER BY job LIMIT ?`;

/** A payload is somebody's data, so it stays where it is. */
export const walkPayloads: Walk<Attic> = ({ store, findings }, after, room) => {
	const rows = store.sql.all<Row>(PAYLOADS, [after?.[0] ?? 0, room]);
	for (const { job, known } of rows) if (known === 0) findings.report('stray_field', `row ${job}`, 'a payload');
	return pageOf(rows, room, ({ job }) => [job, '']);
};

export const walkHistory: Walk<Attic> = ({ store, findings }, after, room) => {
	const rows = store.sql.all<Row>(HISTORY, [after?.[0] ?? 0, room]);
	for (const { job, known } of rows) {
		if (known === 0) findings.report('stray_field', `row ${job}`, 'history', () => removeHistory(store.sql, [job]));
	}
	return pageOf(rows, room, ({ job }) => [job, '']);
};
