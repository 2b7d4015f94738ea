import { readlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { openStore } from '../../src/engine/sqlite/open.ts';
import { batch } from '../support/jobs.ts';
import { tempDir } from '../support/temp.ts';
import { until } from '../support/wait.ts';

test('SQLite syncs around each checkpoint, and keeps a WAL', async () => {
	const db = await openStore(join(tempDir(), 'jobs.db'));
	onTestFinished(() => db.close());
	expect(db.prepare('PRAGMA synchronous').all([])).toEqual([{ synchronous: 1 }]);
	expect(db.prepare('PRAGMA journal_mode').all([])).toEqual([{ journal_mode: 'wal' }]);
});

/** Has every sync of a file ask first; the prototype of Node's file handles is not exported. */
async function watchSyncs(onSync: (handle: FileHandle) => Promise<void>): Promise<void> {
	const handle = await open(join(tempDir(), 'any'), 'w');
	const prototype: FileHandle = Object.getPrototypeOf(handle);
	await handle.close();
	const { datasync } = prototype;
	const spy = vi.spyOn(prototype, 'datasync').mockImplementation(async function (this: FileHandle) {
		await onSync(this);
		await datasync.call(this);
	});
	onTestFinished(() => spy.mockRestore());
}

test('an answer waits until the WAL is on the disk', async () => {
	const path = join(tempDir(), 'jobs.db');
	const engine = new SqliteEngine({ path });
	await engine.open();
	onTestFinished(() => engine.close());
	const synced: number[] = [];
	let release = () => {};
	await watchSyncs(async ({ fd }) => {
		synced.push(fd);
		await new Promise<void>((resolve) => {
			release = resolve;
		});
	});
	const log: string[] = [];
	const pushing = engine.push([batch('emails', 1)]).then(() => log.push('answered'));
	await until(() => synced.length === 1 || log.length > 0);
	expect(log).toEqual([]);
	// Where a process can be asked which file it is.
	if (process.platform === 'linux') expect(readlinkSync(`/proc/self/fd/${synced[0]}`)).toBe(`${path}-wal`);
	release();
	await pushing;
	expect(synced).toHaveLength(1);
});
