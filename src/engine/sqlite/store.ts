import type { Database } from './driver.ts';
import { Groups } from './groups.ts';
import { Hints } from './hints.ts';
import { Keys } from './keys.ts';
import { Lanes } from './lanes.ts';
import { Sql } from './sql.ts';
import { Topics } from './topics.ts';

/** What the verbs work on. It lives as long as the database is open; transactions come and go around it. */
export class Store {
	readonly sql: Sql;
	readonly hints: Hints;
	readonly topics: Topics;
	readonly groups: Groups;
	readonly keys: Keys;
	readonly lanes: Lanes;
	/** The time of the call under way: one call sees one time. */
	now = 0;
	#lastJob: number;

	constructor(db: Database, hints = new Hints()) {
		this.hints = hints;
		this.sql = new Sql(db);
		this.topics = new Topics(this.sql, hints);
		this.groups = new Groups(this.sql);
		this.keys = new Keys(this.sql);
		this.lanes = new Lanes(this.sql, this.topics, this.groups);
		this.#lastJob = this.sql.get<{ id: number | null }>('SELECT max(id) AS id FROM jobs')?.id ?? 0;
	}

	/** Row ids come from here and not from SQLite, so that a job and its payload are stored without asking back. */
	newJobId(): number {
		this.#lastJob++;
		return this.#lastJob;
	}

	begin(): void {
		this.sql.exec('BEGIN IMMEDIATE');
	}

	/** Everything up to COMMIT itself; what throws here can still be rolled back. */
	prepareCommit(): void {
		this.lanes.flush();
		this.groups.flush();
		this.topics.flush();
	}

	commit(): void {
		this.sql.exec('COMMIT');
		this.lanes.shrink();
		this.groups.shrink();
		this.topics.shrink();
	}

	rollback(): void {
		this.lanes.forget();
		this.groups.forget();
		this.topics.forget();
		this.hints.drop();
		try {
			this.sql.exec('ROLLBACK');
		} catch {
			// SQLite has rolled back by itself: a full disk does that.
		}
	}
}
