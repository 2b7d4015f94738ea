import { basename, resolve } from 'node:path';
import { isMillraceError } from '../../core/errors.ts';
import { type Database, openDatabase } from './driver.ts';
import { refused, resultCode, SQLITE } from './errors.ts';
import { MIGRATIONS } from './migrations/index.ts';

export const MEMORY = ':memory:';

/** "Mill" in ASCII: marks the file as ours, so that another program's database is not written into. */
const APPLICATION_ID = 0x4d696c6c;

/**
 * Opens a store for this process alone and brings its schema up to date.
 *
 * @throws STORE_REFUSED when the file is in use, of another program, of a newer Millrace, or cannot be opened.
 */
export async function openStore(path: string): Promise<Database> {
	const db = await openFile(path);
	try {
		lock(db, path);
		rewriteLog(db, path);
		checkOwner(db, path);
		migrate(db, path);
		return db;
	} catch (error) {
		db.close();
		throw explain(error, path);
	}
}

async function openFile(path: string): Promise<Database> {
	try {
		// Absolute, so that no path is taken for a URL.
		return await openDatabase(path === MEMORY ? path : resolve(path));
	} catch (error) {
		throw refused(
			`${path} cannot be opened; check that it is a file and that its folder exists and is writable`,
			error,
		);
	}
}

function lock(db: Database, path: string): void {
	// Exclusive before the first access: the lock is then taken for good, and WAL needs no shared memory file.
	db.exec('PRAGMA locking_mode = EXCLUSIVE');
	const mode = path === MEMORY ? 'memory' : 'wal';
	const [row] = db.prepare(`PRAGMA journal_mode = ${mode}`).all([]);
	if (row?.journal_mode !== mode) throw refused(`${path} cannot be used in WAL mode; put it on a local file system`);
	// The sync at each commit is done outside of SQLite: see file.ts.
	db.exec('PRAGMA synchronous = NORMAL');
	// On macOS a plain fsync leaves data in the drive's cache; elsewhere this changes nothing.
	db.exec('PRAGMA checkpoint_fullfsync = ON');
	db.exec('BEGIN IMMEDIATE; COMMIT');
}

/** Whoever wrote the log may have ended on a sync that failed: then the kernel has the log and the disk may not, whatever is synced from now on. */
function rewriteLog(db: Database, path: string): void {
	const [row] = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all([]);
	if (path !== MEMORY && row?.busy !== 0) throw refused(`${path} cannot be checkpointed`);
}

function pragma(db: Database, name: string): number {
	return Number(Object.values(db.prepare(`PRAGMA ${name}`).all([])[0] ?? {})[0] ?? 0);
}

function checkOwner(db: Database, path: string): void {
	const id = pragma(db, 'application_id');
	if (id === APPLICATION_ID) return;
	const isNew = id === 0 && db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').all([]).length === 0;
	if (!isNew) throw refused(`${path} is a database of another program; give Millrace a file of its own`);
}

function migrate(db: Database, path: string): void {
	const version = pragma(db, 'user_version');
	if (version > MIGRATIONS.length) {
		const found = `${path} has schema ${version}, this Millrace knows up to ${MIGRATIONS.length}`;
		throw refused(`${found}; use the newer Millrace that wrote it`);
	}
	for (const [index, sql] of MIGRATIONS.entries()) {
		if (index < version) continue;
		const marks = `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${index + 1};`;
		db.exec(`BEGIN IMMEDIATE; ${sql} ${marks} COMMIT`);
	}
}

function explain(error: unknown, path: string): Error {
	if (isMillraceError(error)) return error;
	const code = resultCode(error);
	if (code === SQLITE.busy) {
		return refused(
			`${basename(path)} is in use by another process; stop that one, or send your requests to its server`,
		);
	}
	if (code === SQLITE.readonly) return refused(`${path} is read-only; make the file and its folder writable`, error);
	return refused(`${path} cannot be used as a store; check that it is a Millrace file`, error);
}

/** Leaves one plain file behind, unlocked even while the binding still holds on to statements. Never throws. */
export function closeStore(db: Database): void {
	attempt(() => settleLog(db));
	attempt(() => db.close());
}

/**
 * Closes a store whose log was cut behind the back of its connection. The first checkpoint finds the end missing, and
 * with it goes what the connection knew of the log; the next access goes through the checksums, as every opening does.
 *
 * @throws when the disk still fails: the store stays open, and keeps others off the file.
 */
export function closeCutStore(db: Database): void {
	attempt(() => settleLog(db));
	settleLog(db);
	attempt(() => db.close());
}

/** Moves the log into the file and lets go of the lock. */
function settleLog(db: Database): void {
	const steps = ['PRAGMA journal_mode = DELETE', 'PRAGMA locking_mode = NORMAL', 'SELECT 1 FROM sqlite_schema'];
	let failure: unknown;
	for (const step of steps) {
		try {
			db.prepare(step).all([]);
		} catch (error) {
			failure ??= error;
		}
	}
	if (failure !== undefined) throw failure;
}

/** What is committed is safe in the WAL file whatever fails here, and the next open cleans up. */
function attempt(action: () => void): void {
	try {
		action();
	} catch {}
}
