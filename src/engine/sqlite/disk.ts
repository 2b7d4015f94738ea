import { type FileHandle, open } from 'node:fs/promises';
import type { Disk } from './commit.ts';
import type { Sql } from './sql.ts';

/**
 * The sync of a WAL file, off the thread that runs the transactions.
 *
 * SQLite runs with synchronous=NORMAL: it syncs the WAL around each checkpoint, so the file is always consistent, but
 * not at each commit. That last sync is what this does, in Node's thread pool; a commit is answered only after it.
 * Together they give what synchronous=FULL gives.
 */
export class WalDisk implements Disk {
	readonly #wal: FileHandle;
	readonly #sql: Sql;

	private constructor(wal: FileHandle, sql: Sql) {
		this.#wal = wal;
		this.#sql = sql;
	}

	/** @param path - of an open database in WAL mode: its WAL file is there and stays the same file until it closes */
	static async open(path: string, sql: Sql): Promise<WalDisk> {
		return new WalDisk(await open(`${path}-wal`, 'r+'), sql);
	}

	sync(): Promise<void> {
		return this.#wal.datasync();
	}

	/**
	 * The kernel may count pages that it failed to write as written, so syncing again proves nothing. A checkpoint
	 * writes all that the WAL holds once more, to the database file, and syncs that.
	 */
	repair(): void {
		const row = this.#sql.get<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)');
		if (row?.busy !== 0) throw new Error('The SQLite file could not be checkpointed');
	}

	close(): Promise<void> {
		return this.#wal.close();
	}
}
