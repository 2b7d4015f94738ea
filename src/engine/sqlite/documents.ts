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

/** The tables that hold documents; their columns are the same. */
type Table = 'documents' | 'access_keys';

/** What servers keep beside the jobs: one collection in its table, and the log in another. */
export class SqliteDocuments implements Documents {
	readonly #run: Run;
	readonly #sql: Statements;

	constructor(run: Run, table: Table) {
		this.#run = run;
		this.#sql = statementsOn(table);
	}

	open(): Promise<{ documents: Document[]; now: number }> {
		return this.#run(({ sql, now }) => {
			const rows = sql.all<Row>(this.#sql.open);
			return { documents: rows.map(toDocument), now };
		});
	}

	save(document: Document, entry?: RawJson): Promise<boolean> {
		return this.#run((store) => {
			if (!put(store, this.#sql, document)) return false;
			if (!document.open) store.sql.run(this.#sql.letGo, [LIMITS.keptDocuments]);
			if (entry !== undefined) append(store, entry);
			return true;
		});
	}

	get(id: string): Promise<Document | null> {
		return this.#run(({ sql }) => {
			const row = sql.get<Row>(this.#sql.one, [id]);
			return row === undefined ? null : toDocument(row);
		});
	}

	async list(query: PageQuery) {
		const before = placeOf(query);
		return this.#run(({ sql }) => {
			const rows = sql.all<Row>(this.#sql.page, [before, query.limit + 1]);
			return { documents: rows.slice(0, query.limit).map(toDocument), nextCursor: cursorOf(rows, query) };
		});
	}

	count(): Promise<number> {
		return this.#run(({ sql }) => sql.get<{ count: number }>(this.#sql.count)?.count ?? 0);
	}

	append(entry: RawJson): Promise<void> {
		return this.#run((store) => append(store, entry));
	}

	async entries(query: PageQuery) {
		const before = placeOf(query);
		return this.#run(({ sql }) => {
			const rows = sql.all<LogRow>(LOG_PAGE, [before, query.limit + 1]);
			return { entries: rows.slice(0, query.limit).map(toEntry), nextCursor: cursorOf(rows, query) };
		});
	}
}

const LOG_PAGE = 'SELECT * FROM log WHERE number < ? ORDER BY number DESC LIMIT ?';

type Statements = ReturnType<typeof statementsOn>;

function statementsOn(table: Table) {
	const oldest = `SELECT number FROM ${table} WHERE open = 0 ORDER BY number DESC LIMIT -1 OFFSET ?`;
	return {
		open: `SELECT * FROM ${table} WHERE open = 1 ORDER BY number`,
		one: `SELECT * FROM ${table} WHERE id = ?`,
		page: `SELECT * FROM ${table} WHERE number < ? ORDER BY number DESC LIMIT ?`,
		count: `SELECT count(*) AS count FROM ${table}`,
		version: `SELECT version FROM ${table} WHERE id = ?`,
		insert: `INSERT INTO ${table} (id, version, open, text) VALUES (?, ?, ?, ?)`,
		update: `UPDATE ${table} SET version = ?, open = ?, text = ? WHERE id = ?`,
		letGo: `DELETE FROM ${table} WHERE number IN (${oldest})`,
	};
}

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
function put({ sql }: Store, statements: Statements, { id, version, open, text }: Document): boolean {
	const known = sql.get<{ version: number }>(statements.version, [id])?.version ?? 0;
	if (known !== version - 1) return false;
	if (known === 0) sql.run(statements.insert, [id, 1, +open, text]);
	else sql.run(statements.update, [version, +open, text, id]);
	return true;
}

function append({ sql, now }: Store, text: RawJson): void {
	sql.run('INSERT INTO log (at, text) VALUES (?, ?)', [now, text]);
	sql.run('DELETE FROM log WHERE number <= (SELECT max(number) FROM log) - ?', [LIMITS.logEntries]);
}
