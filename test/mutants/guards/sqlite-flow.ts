import type { Mutant } from '../mutant.ts';

/** A test that every engine passes, on SQLite. */
const sqlite = (name: string) => ({
	file: 'test/conformance/sqlite.test.ts',
	name: `SqliteEngine in memory ${name}`,
});

/** Limits, rates, pauses, shares and times. */
export const SQLITE_FLOW: readonly Mutant[] = [
	{
		guard: 'group limit (SQLite)',
		file: 'src/engine/sqlite/flow.ts',
		find: 'slots.used(group, limit) >= limit',
		put: 'slots.used(group, limit) > limit',
		broken: 'one more job of a group may run than its limit',
		test: sqlite('limits a limit of the groups holds'),
	},
	{
		guard: 'slots within one take (SQLite)',
		file: 'src/engine/sqlite/serving.ts',
		find: 'if (group !== undefined) this.#slots.fill(group.name);',
		put: '',
		broken: 'one take may bring a whole group',
		test: sqlite('limits a limit of the groups holds'),
	},
	{
		guard: 'topic limit (SQLite)',
		file: 'src/engine/sqlite/flow.ts',
		find: 'topic.counts.active + starting >= limit',
		put: 'topic.counts.active + starting > limit',
		broken: 'one more job of a topic may run than its limit',
		test: sqlite('limits no more jobs of a topic'),
	},
	{
		guard: 'rate (SQLite)',
		file: 'src/engine/sqlite/flow.ts',
		find: "return opens > now ? { code: 'topic_rate', opensAt: opens } : undefined;",
		put: "return opens > Number.POSITIVE_INFINITY ? { code: 'topic_rate', opensAt: opens } : undefined;",
		broken: 'no rate holds a topic back',
		test: sqlite('rates after a quiet time'),
	},
	{
		guard: 'pause (SQLite)',
		file: 'src/engine/sqlite/gates.ts',
		find: 'return paused && (pausedUntil === null || pausedUntil > now);',
		put: 'return paused && pausedUntil !== null && pausedUntil > now;',
		broken: 'a topic that is paused without an end gives jobs',
		test: sqlite('take a paused topic gives no jobs'),
	},
	{
		guard: 'weights (SQLite)',
		file: 'src/engine/sqlite/lanes.ts',
		find: 'lane.time += this.#step(topic, lane);',
		put: 'lane.time += stepOf(1);',
		broken: 'every group has the same share',
		test: sqlite('fairness with weights of 3 and 1'),
	},
	{
		guard: 'time to start (SQLite)',
		file: 'src/engine/sqlite/due.ts',
		find: 'if (next.expire === null || next.expire > store.now || most <= 0) return 0;',
		put: 'if (next.expire === null || store.now >= 0) return 0;',
		broken: 'a take gives jobs whose time to start is over',
		test: sqlite('time limits a job that is not taken in time'),
	},
	{
		guard: 'time to run (SQLite)',
		file: 'src/engine/sqlite/settle.ts',
		find: "if (runUntil !== null && runUntil <= store.now) return { status: 'stale' };",
		put: '',
		broken: 'a run that is over time is prolonged',
		test: sqlite('time limits'),
	},
	{
		guard: 'crash limit (SQLite)',
		file: 'src/core/transitions.ts',
		find: 'used.attempts >= allowed.attempts || used.crashes >= allowed.crashes ||',
		put: 'used.attempts >= allowed.attempts ||',
		broken: 'a job may take down any number of workers',
		test: sqlite('crashes a job is dead as crashed after maxCrashes'),
	},
	{
		guard: 'attempts (SQLite)',
		file: 'src/core/transitions.ts',
		find: 'used.attempts >= allowed.attempts ||',
		put: 'used.attempts > allowed.attempts ||',
		broken: 'a job runs once more than it may',
		test: sqlite('settle a job runs maxAttempts times'),
	},
	{
		guard: 'budget of bytes (SQLite)',
		file: 'src/engine/sqlite/budgets.ts',
		find: 'return bytes.unfinished + more <= settings.waitingBytes;',
		put: 'return true;',
		broken: 'a topic takes more bytes than it may',
		test: sqlite('budgets a push that the budget'),
	},
];
