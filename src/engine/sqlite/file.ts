import { type FileHandle, open } from 'node:fs/promises';
import type { Disk } from './commit.ts';
import type { Database } from './driver.ts';
import type { Hints } from './hints.ts';
import { closeCutStore, closeStore, openStore } from './open.ts';
import { Store } from './store.ts';
import { soundLength } from './wal.ts';

interface Opened {
	db: Database;
	wal: FileHandle;
}

/**
 * A store in a file, and the sync of its WAL off the thread that runs the transactions.
 *
 * SQLite runs with synchronous=NORMAL: it syncs the WAL around each checkpoint, so the file is always consistent, but
 * not at each commit. That last sync is what this does, in Node's thread pool; a commit is answered only after it.
 * Together they give what synchronous=FULL gives.
 */
export class StoreFile implements Disk {
	readonly #path: string;
	readonly #hints: Hints;
	#opened: Opened | undefined;
	#isDoubtful = false;

	constructor(path: string, hints: Hints) {
		this.#path = path;
		this.#hints = hints;
	}

	/** @throws STORE_REFUSED when the file is in use by another process or cannot be used. */
	async open(): Promise<Store> {
		const db = await openStore(this.#path);
		try {
			// In WAL mode the file is there, and stays the same one until the database is closed.
			const wal = await open(`${this.#path}-wal`, 'r+');
			const store = new Store(db, this.#hints);
			this.#opened = { db, wal };
			return store;
		} catch (error) {
			closeStore(db);
			throw error;
		}
	}

	async sync(): Promise<void> {
		try {
			await this.#opened?.wal.datasync();
		} catch (error) {
			this.#isDoubtful = true;
			throw error;
		}
	}

	/**
	 * After a sync that failed. The kernel may count pages as written that are not, and may even have dropped them, so that
	 * syncing again proves nothing. Opening goes through the checksums of the log, and writes what is sound of it once
	 * more, to the database file.
	 */
	async reopen(): Promise<Store> {
		const opened = this.#opened;
		if (opened !== undefined) {
			await cutDoubtful(opened.wal);
			closeCutStore(opened.db);
			this.#opened = undefined;
			await opened.wal.close();
		}
		const store = await this.open();
		this.#isDoubtful = false;
		return store;
	}

	async close(): Promise<void> {
		const opened = this.#opened;
		if (opened === undefined) return;
		this.#opened = undefined;
		if (this.#isDoubtful) await cutDoubtful(opened.wal);
		await opened.wal.close();
		closeStore(opened.db);
	}
}

/** No checkpoint may find what is not sound: it fails at the end of the log instead, and leaves the log as it is. */
async function cutDoubtful(wal: FileHandle): Promise<void> {
	const { size } = await wal.stat();
	const { buffer } = await wal.read({ buffer: Buffer.alloc(size), position: 0 });
	await wal.truncate(soundLength(buffer));
}
