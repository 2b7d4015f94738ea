import { setTimeout as pause } from 'node:timers/promises';
import { ask } from '../support/replicas.ts';
import type { SentinelGroup } from '../support/sentinel.ts';
import { FAULTS, type Fault } from './faults.ts';
import type { Random } from './random.ts';
import type { StoreKind, System } from './system.ts';

const SENTINEL: readonly StoreKind[] = ['sentinel'];

/** Faults of servers and workers that a failover may meet. The others are told of the store `redis`. */
const ALONGSIDE = /^(kill -9 of a server|kill -9 of a worker|answers to (pushes|settles) are lost)/;

const some = (random: Random, least: number, most: number) => pause(random.between(least, most));

function groupOf({ group }: System): SentinelGroup {
	if (group === null) throw new Error('This run has no sentinels');
	return group;
}

const FAILOVERS: Fault[] = [
	{
		name: 'kill -9 of the primary, and a failover',
		stores: SENTINEL,
		happen: async (system, random) => {
			const group = groupOf(system);
			const old = await group.primary();
			await old.kill();
			await group.failover(old);
			await some(random, 0, 3_000);
			// It comes back as the primary that it was, until the sentinels tell it otherwise.
			await old.restart();
			await group.settled();
		},
	},
	{
		name: 'kill -9 of the primary, which is back before it is missed',
		stores: SENTINEL,
		happen: async (system, random) => {
			const group = groupOf(system);
			const old = await group.primary();
			await old.kill();
			await some(random, 0, 700);
			await old.restart();
			await group.settled();
		},
	},
	{
		name: 'the primary stands still, a failover, and it goes on',
		stores: SENTINEL,
		happen: async (system, random) => {
			const group = groupOf(system);
			const old = await group.primary();
			old.pause();
			await group.failover(old);
			await some(random, 0, 6_000);
			old.resume();
			await group.settled();
		},
	},
	{
		name: 'the replica is away',
		stores: SENTINEL,
		happen: async (system, random) => {
			const group = groupOf(system);
			const replica = group.other(await group.primary());
			await replica.kill();
			await some(random, 500, 4_000);
			await replica.restart();
			await group.settled();
		},
	},
	{
		name: 'the replica stands still',
		stores: SENTINEL,
		happen: async (system, random) => {
			const group = groupOf(system);
			const replica = group.other(await group.primary());
			replica.pause();
			await some(random, 500, 4_000);
			replica.resume();
			await group.settled();
		},
	},
	{
		name: 'the primary ends its connections, again and again',
		stores: SENTINEL,
		happen: async (system, random) => {
			const { url } = await groupOf(system).primary();
			for (let n = 0; n < 20; n++) {
				for (const type of ['normal', 'pubsub']) await ask(url, 'CLIENT', 'KILL', 'TYPE', type).catch(() => {});
				await some(random, 10, 150);
			}
		},
	},
];

/** What may happen to a run on this store. */
export function faultsOf(kind: StoreKind): Fault[] {
	if (kind !== 'sentinel') return FAULTS.filter(({ stores }) => stores.includes(kind));
	return [...FAILOVERS, ...FAULTS.filter(({ name }) => ALONGSIDE.test(name))];
}
