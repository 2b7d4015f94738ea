import type { Mutant } from '../mutant.ts';

/** A test that every engine passes, on SQLite. */
const sqlite = (name: string) => ({
	file: 'test/conformance/sqlite.test.ts',
	name: `SqliteEngine in memory ${name}`,
});

/** Deliveries, keys and repetitions. */
export const SQLITE: readonly Mutant[] = [
	{
		guard: 'token at settle (SQLite)',
		file: 'src/engine/sqlite/settle.ts',
		find: "job.state !== 'active' || job.token !== outcome.token",
		put: "job.state !== 'active'",
		broken: 'any token ends the delivery under way',
		test: sqlite('fencing a wrong token changes nothing'),
	},
	{
		guard: 'token at extend (SQLite)',
		file: 'src/engine/sqlite/settle.ts',
		find: "job.state !== 'active' || job.token !== token",
		put: "job.state !== 'active'",
		broken: 'an old delivery prolongs the lease of a later one',
		test: sqlite('extend'),
	},
	{
		guard: 'token of a repeated take (SQLite)',
		file: 'src/engine/sqlite/take.ts',
		find: "job?.state !== 'active' || job.token !== given[index]?.[1]",
		put: "job?.state !== 'active' || index < 0",
		broken: 'a repeated take gives a delivery that is somebody else’s',
		test: sqlite('repeated take a job that was delivered again'),
	},
	{
		guard: 'memory of a take (SQLite)',
		file: 'src/engine/sqlite/take.ts',
		find: "remember(store, topic, 'take', requestId, { fingerprint: '', answer }, leaseMs);",
		put: '',
		broken: 'a take whose answer was lost leases other jobs',
		test: sqlite('repeated take a take repeated under'),
	},
	{
		guard: 'unique key (SQLite)',
		file: 'src/engine/sqlite/conflicts.ts',
		find: 'if (hold === undefined) return createHolder',
		put: 'if (hold !== null) return createHolder',
		broken: 'two jobs have one unique key',
		test: sqlite('unique keep on a holder that is waiting'),
	},
	{
		guard: 'unique key is free at the end (SQLite)',
		file: 'src/engine/sqlite/moves.ts',
		find: 'if (isFinished(job.state)) this.#keyAfterEnd(job);',
		put: '',
		broken: 'a job that has ended keeps its key',
		test: sqlite('unique, until when a job that is completed gives up'),
	},
	{
		guard: 'unique key is free at the start (SQLite)',
		file: 'src/engine/sqlite/serving.ts',
		find: "head.terms.unique?.scope === 'waiting' ? this.#giveUpKey(head) : undefined",
		put: 'undefined',
		broken: 'a job that was taken keeps a key that it has only while it waits',
		test: sqlite('unique keep on a holder that is active'),
	},
	{
		guard: 'unique key is free after a deletion (SQLite)',
		file: 'src/engine/sqlite/moves.ts',
		find: 'this.#freeSlot(job);\n\t\tthis.giveUpKey(job);',
		put: 'this.#freeSlot(job);',
		broken: 'a job that is gone keeps its key',
		test: sqlite('unique, until when a job that is deleted'),
	},
	{
		guard: 'idempotency key (SQLite)',
		file: 'src/engine/sqlite/push.ts',
		find: "remember(store, topic, 'push', idempotency.key, memory, LIMITS.idempotencyTtlMs);",
		put: '',
		broken: 'a push repeated under its key makes other jobs',
		test: sqlite('idempotent push a push repeated'),
	},
	{
		guard: 'fingerprint (SQLite)',
		file: 'src/engine/sqlite/push.ts',
		find: "first.fingerprint === idempotency?.fingerprint ? 'duplicate' : 'conflict'",
		put: "'duplicate'",
		broken: 'another push under the same key passes for a repetition',
		test: sqlite('idempotent push a key used for another request'),
	},
	{
		guard: 'cancel ends the delivery (SQLite)',
		file: 'src/engine/sqlite/settle.ts',
		find: "state === 'cancelled' ? 'cancelled' : 'stale'",
		put: "'stale'",
		broken: 'a worker is not told that its job was cancelled',
		test: sqlite('cancel an active job is cancelled at once'),
	},
];
