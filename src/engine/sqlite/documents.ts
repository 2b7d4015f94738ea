import { asRawJson, type RawJson } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PageQuery } from '../../core/operation.ts';
import type { Document, Documents, LogEntry } from '../engine.ts';
import { readCursor, writeCursor } from './cursors.ts';
import type { Store } from './store.ts';

interface Row {
	number: number;
	id: string;
	version: number;
	open: number;
	text: string;
}

interface LogRow {
	number: number;
	at: number;
	text: string;
}

/** Runs a transaction. */
type Run = <T>(work: (store: Store) => T) => Promise<T>;

/** What servers keep beside the jobs, in two tables. */
export class SqliteDocuments implements Documents {
	readonly #run: Run;

	constructor(run: Run) {
		this.#run = run;
	}

	open(): Promise<{ documents: Document[]; now: number }> {
		return this.#run(({ sql, now }) => {
			const rows = sql.all<Row>('SELECT * FROM documents WHERE open = 1 ORDER BY number');
			return { documents: rows.map(toDocument), now };
		});
	}

	save(document: Document, entry?: RawJson): Promise<boolean> {
		return this.#run((store) => {
			if (!put(store, document)) return false;
			if (!document.open) letGo(store);
			if (entry !== undefined) append(store, entry);
			return true;
		});
	}

	get(id: string): Promise<Document | null> {
		return this.#run(({ sql }) => {
			const row = sql.get<Row>('SELECT * FROM documents WHERE id = ?', [id]);
			return row === undefined ? null : toDocument(row);
		});
	}

	async list(query: PageQuery) {
		const before = placeOf(query);
		return this.#run(({ sql }) => {
			const rows = sql.all<Row>(PAGE.documents, [before, query.limit + 1]);
			return { documents: rows.slice(0, query.limit).map(toDocument), nextCursor: cursorOf(rows, query) };
		});
	}

	append(entry: RawJson): Promise<void> {
		return this.#run((store) => append(store, entry));
	}

	async entries(query: PageQuery) {
		const before = placeOf(query);
		return this.#run(({ sql }) => {
			const rows = sql.all<LogRow>(PAGE.log, [before, query.limit + 1]);
			return { entries: rows.slice(0, query.limit).map(toEntry), nextCursor: cursorOf(rows, query) };
		});
	}
}

const PAGE = {
	documents: 'SELECT * FROM documents WHERE number < ? ORDER BY number DESC LIMIT ?',
	log: 'SELECT * FROM log WHERE number < ? ORDER BY number DESC LIMIT ?',
};

function toDocument({ id, version, open, text }: Row): Document {
	return { id, version, open: open === 1, text: asRawJson(text) };
}

function toEntry({ at, text }: LogRow): LogEntry {
	return { at, text: asRawJson(text) };
}

/** The number below which a page begins; read outside of the transaction, which an unreadable cursor must not roll back. */
function placeOf({ cursor }: PageQuery): number {
	return cursor === null ? Number.MAX_SAFE_INTEGER : Number(readCursor(cursor, ['number'])[0]);
}

/** @param rows one more than the page holds, where there are more */
function cursorOf(rows: { number: number }[], { limit }: PageQuery): string | null {
	const last = rows[limit - 1];
	return rows.length > limit && last !== undefined ? writeCursor([last.number]) : null;
}

/** False when the store has another version than the one before. */
function put({ sql }: Store, { id, version, open, text }: Document): boolean {
	const known = sql.get<{ version: number }>('SELECT version FROM documents WHERE id = ?', [id])?.version ?? 0;
	if (known !== version - 1) return false;
	if (known === 0) sql.run('INSERT INTO documents (id, version, open, text) VALUES (?, ?, ?, ?)', [id, 1, +open, text]);
	else sql.run('UPDATE documents SET version = ?, open = ?, text = ? WHERE id = ?', [version, +open, text, id]);
	return true;
}

const OLDEST = 'SELECT number FROM documents WHERE open = 0 ORDER BY number DESC LIMIT -1 OFFSET ?';

function letGo({ sql }: Store): void {
	sql.run(`DELETE FROM documents WHERE number IN (${OLDEST})`, [LIMITS.keptDocuments]);
}

function append({ sql, now }: Store, text: RawJson): void {
	sql.run('INSERT INTO log (at, text) VALUES (?, ?)', [now, text]);
	sql.run('DELETE FROM log WHERE number <= (SELECT max(number) FROM log) - ?', [LIMITS.logEntries]);
}
