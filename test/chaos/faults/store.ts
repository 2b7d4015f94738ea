import { type Fault, REDIS, redisOf, some, stranger } from './tools.ts';

export const STORE: Fault[] = [
	{
		name: 'kill -9 of Redis',
		stores: REDIS,
		part: 'store',
		happen: async (system, random) => {
			await redisOf(system).kill();
			await some(random, 0, 1_500);
			await redisOf(system).restart();
		},
	},
	{
		name: 'Redis stands still',
		stores: REDIS,
		part: 'store',
		happen: async (system, random) => {
			redisOf(system).pause();
			await some(random, 300, 6_000);
			redisOf(system).resume();
		},
	},
	{
		name: 'the scripts are flushed',
		stores: REDIS,
		happen: (system, random) =>
			stranger(system, async (send) => {
				for (let n = 0; n < 5; n++) {
					await send('FUNCTION', 'FLUSH');
					await send('SCRIPT', 'FLUSH');
					await some(random, 20, 100);
				}
			}),
	},
	{
		name: 'a slow script of a stranger',
		stores: REDIS,
		happen: (system, random) =>
			stranger(system, async (send) => {
				const script = send('EVAL', 'while true do end', '0').catch(() => {});
				await some(random, 300, 3_000);
				await stranger(system, (other) => other('SCRIPT', 'KILL'));
				await script;
			}),
	},
	{
		name: 'the memory of Redis is used up',
		stores: REDIS,
		happen: (system, random) =>
			stranger(system, async (send) => {
				await send('CONFIG', 'SET', 'maxmemory', '1');
				await some(random, 500, 3_000);
				await send('CONFIG', 'SET', 'maxmemory', '0');
			}),
	},
	{
		name: 'the log of Redis is rewritten',
		stores: REDIS,
		happen: (system) => stranger(system, async (send) => void (await send('BGREWRITEAOF').catch(() => {}))),
	},
];
