import { ask } from '../../support/replicas.ts';
import type { SentinelGroup } from '../../support/sentinel.ts';
import type { StoreKind, System } from '../system.ts';
import { type Fault, some } from './tools.ts';

const SENTINEL: readonly StoreKind[] = ['sentinel'];

function groupOf({ group }: System): SentinelGroup {
	if (group === null) throw new Error('This run has no sentinels');
	return group;
}

export const FAILOVER: readonly Fault[] = [
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
