import type { Mutant } from '../mutant.ts';

/** What an answer promises. */
export const SQLITE_STORE: readonly Mutant[] = [
	{
		guard: 'sync of the WAL',
		file: 'src/engine/sqlite/file.ts',
		find: 'await this.#opened?.wal.datasync();',
		put: '',
		broken: 'pushes are answered that a power cut takes back',
		test: { file: 'test/sqlite/durability.test.ts', name: 'an answer waits until the WAL is on the disk' },
	},
	{
		guard: 'sync around a checkpoint',
		file: 'src/engine/sqlite/open.ts',
		find: "db.exec('PRAGMA synchronous = NORMAL');",
		put: "db.exec('PRAGMA synchronous = OFF');",
		broken: 'a power cut during a checkpoint breaks the file',
		test: { file: 'test/sqlite/durability.test.ts', name: 'SQLite syncs around each checkpoint' },
	},
	{
		guard: 'an answer waits for the disk',
		file: 'src/engine/sqlite/commit.ts',
		find: 'await this.#watch(disk.sync());',
		put: 'void this.#watch(disk.sync());',
		broken: 'a call is answered before it is safe',
		test: { file: 'test/unit/sqlite.test.ts', name: 'group commit no call is answered' },
	},
	{
		guard: 'a failed sync is repaired',
		file: 'src/engine/sqlite/commit.ts',
		find: 'if (this.#isBroken) await this.#repair();',
		put: '',
		broken: 'work goes on upon pages that were perhaps never written',
		test: { file: 'test/unit/sqlite.test.ts', name: 'group commit after a failed sync' },
	},
	{
		guard: 'one process has the file',
		file: 'src/engine/sqlite/open.ts',
		find: "db.exec('PRAGMA locking_mode = EXCLUSIVE');",
		put: "db.exec('PRAGMA locking_mode = NORMAL');",
		broken: 'two processes write one file',
		test: { file: 'test/unit/sqlite.test.ts', name: 'refuses a second engine on the file' },
	},
	{
		guard: 'head-room of the disk',
		file: 'src/engine/sqlite/engine.ts',
		find: 'this.#headroom?.check(batches);',
		put: '',
		broken: 'pushes fill the disk until nothing can be completed',
		test: { file: 'test/sqlite/space.test.ts', name: 'on a disk that is nearly full' },
	},
];
