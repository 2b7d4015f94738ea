import type { Database, SqlRow, SqlValue, Statement } from './driver.ts';

/** Rows per INSERT, largest first: many rows need few statements, and any number needs only these three. */
const CHUNKS = [64, 8, 1];

/** An INSERT for each size of chunk. */
export type Insertion = { rows: number; sql: string }[];

export function insertion(table: string, columns: string[]): Insertion {
	const tuple = `(${columns.map(() => '?').join(', ')})`;
	const head = `INSERT INTO ${table} (${columns.join(', ')}) VALUES`;
	return CHUNKS.map((rows) => ({ rows, sql: `${head} ${Array(rows).fill(tuple).join(', ')}` }));
}

/** A database whose statements are prepared once. */
export class Sql {
	readonly #db: Database;
	readonly #statements = new Map<string, Statement>();

	#wrote = false;

	constructor(db: Database) {
		this.#db = db;
	}

	exec(sql: string): void {
		this.#db.exec(sql);
	}

	run(sql: string, params: SqlValue[] = []): number {
		this.#wrote = true;
		return this.#statement(sql).run(params);
	}

	/** As `run`, for a statement that returns what it has changed. */
	change<Row = SqlRow>(sql: string, params: SqlValue[] = []): Row[] {
		this.#wrote = true;
		return this.all<Row>(sql, params);
	}

	/** Whether anything may have been written since this was last asked. */
	takeWrote(): boolean {
		const wrote = this.#wrote;
		this.#wrote = false;
		return wrote;
	}

	/** @typeParam Row - the columns that the statement selects */
	all<Row = SqlRow>(sql: string, params: SqlValue[] = []): Row[] {
		return this.#statement(sql).all(params) as Row[];
	}

	get<Row = SqlRow>(sql: string, params: SqlValue[] = []): Row | undefined {
		return this.all<Row>(sql, params)[0];
	}

	insert(into: Insertion, rows: SqlValue[][]): void {
		let at = 0;
		for (const chunk of into) {
			for (; rows.length - at >= chunk.rows; at += chunk.rows) {
				this.run(chunk.sql, rows.slice(at, at + chunk.rows).flat());
			}
		}
	}

	#statement(sql: string): Statement {
		const known = this.#statements.get(sql);
		if (known !== undefined) return known;
		const statement = this.#db.prepare(sql);
		this.#statements.set(sql, statement);
		return statement;
	}
}
