import type { Mutant } from '../mutant.ts';

/** What kind of Redis it is, and how full. */
export const REDIS_STORE: readonly Mutant[] = [
	{
		guard: 'eviction policy',
		file: 'src/engine/redis/server-check.ts',
		find: 'oldVersion(info) ?? otherRole(info) ?? eviction(info)',
		put: 'oldVersion(info) ?? otherRole(info)',
		broken: 'a Redis that throws jobs away is served',
		test: {
			file: 'test/redis/server-check.test.ts',
			name: 'a server that may throw jobs away is refused: allkeys-lru',
		},
	},
	{
		guard: 'generation: another database',
		file: 'src/engine/redis/generation.ts',
		find: 'if (this.#name !== null && name !== this.#name) {',
		put: 'if (this.#looks < 0) {',
		broken: 'a database that was emptied is served as if nothing had happened',
		test: { file: 'test/redis/server-check.test.ts', name: 'a server that comes back empty' },
	},
	{
		guard: 'generation: an older state',
		file: 'src/engine/redis/generation.ts',
		find: 'looks <= this.#looks',
		put: 'looks < 0',
		broken: 'a database that was set back is served as if nothing had happened',
		test: { file: 'test/redis/server-check.test.ts', name: 'a server that comes back in an older state' },
	},
	{
		guard: 'layout of a newer version',
		file: 'src/engine/redis/generation.ts',
		find: 'Number(layout ?? LAYOUT) > LAYOUT',
		put: 'Number(layout ?? LAYOUT) < 0',
		broken: 'a database of a newer Millrace is written into',
		test: { file: 'test/redis/server-check.test.ts', name: 'a database of a newer Millrace is refused' },
	},
	{
		guard: 'head-room of memory',
		file: 'src/core/headroom.ts',
		find: 'this.#fill !== null && this.#fill.room <= 0',
		put: 'this.#fill !== null && this.#fill.room <= Number.NEGATIVE_INFINITY',
		broken: 'pushes fill Redis until nothing can be completed',
		test: { file: 'test/redis/memory.test.ts', name: 'pushes are refused before Redis is full' },
	},
	{
		guard: 'a full Redis takes completions',
		file: 'src/engine/redis/lua/settle.lua',
		find: '#!lua flags=allow-oom',
		put: '#!lua',
		broken: 'jobs cannot be completed while memory is short',
		test: { file: 'test/redis/memory.test.ts', name: 'filled to the brim' },
	},
	{
		guard: 'a full Redis takes no pushes',
		file: 'src/engine/redis/lua/push.lua',
		find: '#!lua\n',
		put: '#!lua flags=allow-oom\n',
		broken: 'pushes go on when memory is used up',
		test: { file: 'test/redis/memory.test.ts', name: 'filled to the brim' },
	},
	{
		guard: 'a call is not made again when its time is over (Redis)',
		file: 'src/engine/redis/connection.ts',
		find: 'if (sent && performance.now() >= until) throw this.#failure(changes);',
		put: '',
		broken: 'a process that stood still repeats a call that the store has forgotten',
		test: { file: 'test/redis/standstill.test.ts', name: 'a process that stood still' },
	},
];
