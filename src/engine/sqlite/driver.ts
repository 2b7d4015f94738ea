export type SqlValue = string | number | null;
export type SqlRow = Record<string, unknown>;

export interface Statement {
	/** Returns how many rows changed. */
	run(params: SqlValue[]): number;
	/** Every row. It reads to the end, so that no statement is left open behind a commit. */
	all(params: SqlValue[]): SqlRow[];
}

/** The little that the engine needs of an SQLite binding. Every call blocks its thread. */
export interface Database {
	exec(sql: string): void;
	prepare(sql: string): Statement;
	close(): void;
}

interface NodeSqlite {
	DatabaseSync: new (path: string) => NodeDatabase;
}

interface NodeDatabase {
	exec(sql: string): void;
	prepare(sql: string): {
		run(...params: SqlValue[]): { changes: number | bigint };
		all(...params: SqlValue[]): unknown[];
	};
	close(): void;
}

/** Opens a file (or `:memory:`) with `node:sqlite` where this Node has it, and with `libsql` elsewhere. */
export async function openDatabase(path: string): Promise<Database> {
	const builtin = process.getBuiltinModule('node:sqlite') as NodeSqlite | undefined;
	return builtin === undefined ? openLibsql(path) : openNode(builtin, path);
}

function openNode({ DatabaseSync }: NodeSqlite, path: string): Database {
	const db = new DatabaseSync(path);
	return {
		exec: (sql) => db.exec(sql),
		close: () => db.close(),
		prepare(sql) {
			const statement = db.prepare(sql);
			return {
				run: (params) => Number(statement.run(...params).changes),
				all: (params) => statement.all(...params) as SqlRow[],
			};
		},
	};
}

async function openLibsql(path: string): Promise<Database> {
	const { default: Libsql } = await import('libsql');
	const db = new Libsql(path);
	return {
		exec: (sql) => void db.exec(sql),
		close: () => void db.close(),
		prepare(sql) {
			const statement = db.prepare<SqlValue[][]>(sql);
			return {
				run: (params) => statement.run(params).changes,
				all: (params) => statement.all(params) as SqlRow[],
			};
		},
	};
}
