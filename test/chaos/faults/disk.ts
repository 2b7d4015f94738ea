import { rmSync } from 'node:fs';
import type { Random } from '../random.ts';
import { end, type System } from '../system.ts';
import { ALL, type Fault, REDIS, redisOf, some } from './tools.ts';

/** A Redis that cannot write its log ends; whoever supervises it starts it again. */
async function superviseRedis({ redis }: System): Promise<void> {
	if (redis !== null && redis.pid === undefined) await redis.restart();
}

/** The disk becomes slow, and is so for a while and on. */
async function slowFor(system: System, random: Random, mostMs: number): Promise<void> {
	system.disk.slow(random.integer(100, 3_000));
	await some(random, 500, mostMs);
}

/** The machine of the store loses its power; on it are now and then the servers too, and always that which keeps a file. */
async function cutPower(system: System, random: Random): Promise<void> {
	const servers = system.redis === null || random.next() < 0.5 ? system.servers : [];
	await Promise.all([system.redis?.kill(), ...servers.map(({ process }) => end(process.child))]);
	system.cutPower();
	system.disk.heal();
	await some(random, 0, 500);
	await system.redis?.restart();
	await Promise.all(servers.map((server) => system.startServer(server)));
}

export const POWER_CUTS: Fault[] = [
	{ name: 'a power cut', stores: ALL, part: 'store', happen: cutPower },
	{
		name: 'a power cut while the disk is slow',
		stores: ALL,
		part: 'store',
		happen: async (system, random) => {
			await slowFor(system, random, 3_000);
			await cutPower(system, random);
		},
	},
];

export const DISK: Fault[] = [
	...POWER_CUTS,
	{
		name: 'a slow disk',
		stores: ALL,
		part: 'store',
		happen: async (system, random) => {
			await slowFor(system, random, 4_000);
			system.disk.heal();
		},
	},
	{
		name: 'syncs fail',
		stores: ALL,
		part: 'store',
		happen: async (system, random) => {
			// What Redis does after that is up to its log: one with a hole, it refuses to load.
			system.disk.fail(system.redis === null ? random.pick(['keep', 'clean', 'drop'] as const) : 'keep');
			await some(random, 100, 2_000);
			system.disk.heal();
			await superviseRedis(system);
		},
	},
	{
		name: 'a power cut after syncs failed',
		stores: ['sqlite'],
		part: 'store',
		happen: async (system, random) => {
			system.disk.fail(random.pick(['clean', 'drop'] as const));
			await some(random, 100, 1_000);
			system.disk.heal();
			await some(random, 0, 1_000);
			await cutPower(system, random);
		},
	},
	{
		name: 'the disk is full',
		stores: ALL,
		part: 'store',
		needs: 'smallDisk',
		happen: async (system, random) => {
			const ballast = system.fillDisk();
			await some(random, 300, 2_000);
			rmSync(ballast);
			await superviseRedis(system);
		},
	},
	{
		name: 'Redis is killed while its disk is slow',
		stores: REDIS,
		part: 'store',
		happen: async (system, random) => {
			await slowFor(system, random, 3_000);
			await redisOf(system).kill();
			system.disk.heal();
			await redisOf(system).restart();
		},
	},
];
