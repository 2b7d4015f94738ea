import type { Mutant } from '../mutant.ts';

/** A test that every engine passes, on Redis. */
const redis = (name: string) => ({ file: 'test/conformance/redis.test.ts', name: `RedisEngine ${name}` });

/** Limits, rates, pauses, shares and times: the scripts. */
export const REDIS_FLOW: readonly Mutant[] = [
	{
		guard: 'group limit (Redis)',
		file: 'src/engine/redis/lua/lib/group-blocks.lua',
		find: 'slotsInUse(group) >= group.limit',
		put: 'slotsInUse(group) > group.limit',
		broken: 'one more job of a group may run than its limit',
		test: redis('limits a limit of the groups holds'),
	},
	{
		guard: 'a slot names its job (Redis)',
		file: 'src/engine/redis/lua/lib/special.lua',
		find: "string.sub(lane, colon + 1) .. '\\n' .. id",
		put: "string.sub(lane, colon + 1) .. '\\n'",
		broken: 'all jobs of a group share one slot',
		test: redis('limits'),
	},
	{
		guard: 'topic limit (Redis)',
		file: 'src/engine/redis/lua/lib/blocks.lua',
		find: "tonumber(conf.limit) - redis.call('ZCARD', K.active)",
		put: 'tonumber(conf.limit)',
		broken: 'each take may bring as many jobs as the topic may run',
		test: redis('limits no more jobs of a topic'),
	},
	{
		guard: 'rate (Redis)',
		file: 'src/engine/redis/lua/lib/rate.lua',
		find: 'return opens > at and { code = code, opens = opens } or nil',
		put: 'return nil',
		broken: 'no rate holds anything back',
		test: redis('rates after a quiet time'),
	},
	{
		guard: 'a start counts (Redis)',
		file: 'src/engine/redis/lua/lib/rate.lua',
		find: 'units = last.units + units',
		put: 'units = last.units',
		broken: 'starts of one instant count as one',
		test: redis('rates after a quiet time'),
	},
	{
		guard: 'pause (Redis)',
		file: 'src/engine/redis/lua/lib/blocks.lua',
		find: "if conf.paused == '1' and",
		put: "if conf.paused == '-' and",
		broken: 'a paused topic gives jobs',
		test: redis('take a paused topic gives no jobs'),
	},
	{
		guard: 'weights (Redis)',
		file: 'src/engine/redis/lua/lib/turns.lua',
		find: 'comeAgain(turns, lane, group and group.step or STEP)',
		put: 'comeAgain(turns, lane, STEP)',
		broken: 'every group has the same share',
		test: redis('fairness with weights of 3 and 1'),
	},
	{
		guard: 'time to start (Redis)',
		file: 'src/engine/redis/lua/lib/special.lua',
		find: 'return has(K.startBy) and lib.earliest(K.startBy) <= at',
		put: 'return false',
		broken: 'a take gives jobs whose time to start is over',
		test: redis('time limits a job that is not taken in time'),
	},
	{
		guard: 'time to run (Redis)',
		file: 'src/engine/redis/lua/extend.lua',
		find: 'if runUntil and runUntil <= at then',
		put: 'if runUntil and runUntil < 0 then',
		broken: 'a run that is over time is prolonged',
		test: redis('time limits'),
	},
	{
		guard: 'crash limit (Redis)',
		file: 'src/engine/redis/lua/lib/move.lua',
		find: 'job.used >= attempts or job.crashes >= (options.x or attempts)',
		put: 'job.used >= attempts',
		broken: 'a job may take down any number of workers',
		test: redis('crashes a job is dead as crashed after maxCrashes'),
	},
	{
		guard: 'budget of bytes (Redis)',
		file: 'src/engine/redis/lua/lib/push.lua',
		find: 'return bytes <= budget',
		put: 'return true',
		broken: 'a topic takes more bytes than it may',
		test: redis('budgets a push that the budget'),
	},
];
