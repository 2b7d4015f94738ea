import type { HistoryEntry } from '../../core/job.ts';
import { asRawJson, type RawJson } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import type { SqlValue } from './driver.ts';
import { insertion, type Sql } from './sql.ts';

/** What becomes of a job, by its row, as the `n`th event of its life. */
export interface Event extends HistoryEntry {
	job: number;
	n: number;
}

const INSERT = insertion('history', ['job', 'n', 'kind', 'at', 'attempt', 'actor', 'error']);
const FORGET = 'DELETE FROM history WHERE job = ? AND n <= ?';
const REMOVE = 'DELETE FROM history WHERE job IN (SELECT value FROM json_each(?))';

/** A job's history as one JSON text, the latest event first; null for one without. Errors stand in it as text, so that they stay byte for byte. */
export const HISTORY_COLUMN = `CASE WHEN told > 0 THEN (SELECT json_group_array(json_array(kind, at, attempt, actor, error))
	FROM (SELECT * FROM history WHERE history.job = jobs.id ORDER BY n DESC) AS v) END AS history`;

export function readHistory(text: string | null): HistoryEntry[] {
	if (text === null) return [];
	const rows: [HistoryEntry['kind'], number, number, string | null, string | null][] = JSON.parse(text);
	return rows.map(([kind, at, attempt, by, error]) => {
		return { kind, at, attempt, by, error: error === null ? null : asRawJson(error) };
	});
}

/** The error as the history keeps it. */
export function keptError(error: RawJson | null): RawJson | null {
	return error !== null && Buffer.byteLength(error) <= LIMITS.historyErrorBytes ? error : null;
}

export function addHistory(sql: Sql, events: Event[]): void {
	const rows = events.map(({ job, n, kind, at, attempt, by, error }): SqlValue[] => [
		job,
		n,
		kind,
		at,
		attempt,
		by,
		error,
	]);
	sql.insert(INSERT, rows);
	for (const { job, n } of events) if (n > LIMITS.history) sql.run(FORGET, [job, n - LIMITS.history]);
}

export function removeHistory(sql: Sql, jobs: number[]): void {
	if (jobs.length > 0) sql.run(REMOVE, [JSON.stringify(jobs)]);
}
