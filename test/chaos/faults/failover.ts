import type { RedisServer } from '../../support/redis-server.ts';
import { ask } from '../../support/replicas.ts';
import type { SentinelGroup } from '../../support/sentinel.ts';
import type { Random } from '../random.ts';
import type { StoreKind, System } from '../system.ts';
import { type Fault, some } from './tools.ts';

const SENTINEL: readonly StoreKind[] = ['sentinel'];

function groupOf({ group }: System): SentinelGroup {
	if (group === null) throw new Error('This run has no sentinels');
	return group;
}

type Happen = Fault['happen'];

/** Something happens to the primary; then the sentinels and all servers agree again. */
function toPrimary(what: (primary: RedisServer, group: SentinelGroup, random: Random) => Promise<void>): Happen {
	return async (system, random) => {
		const group = groupOf(system);
		await what(await group.primary(), group, random);
		await group.settled();
	};
}

function toReplica(what: (replica: RedisServer, random: Random) => Promise<void>): Happen {
	return toPrimary((primary, group, random) => what(group.other(primary), random));
}

export const FAILOVER: readonly Fault[] = [
	{
		name: 'kill -9 of the primary, and a failover',
		stores: SENTINEL,
		happen: toPrimary(async (old, group, random) => {
			await old.kill();
			await group.failover(old);
			await some(random, 0, 3_000);
			// It comes back as the primary that it was, until the sentinels tell it otherwise.
			await old.restart();
		}),
	},
	{
		name: 'kill -9 of the primary, which is back before it is missed',
		stores: SENTINEL,
		happen: toPrimary(async (old, _group, random) => {
			await old.kill();
			await some(random, 0, 700);
			await old.restart();
		}),
	},
	{
		name: 'the primary stands still, a failover, and it goes on',
		stores: SENTINEL,
		happen: toPrimary(async (old, group, random) => {
			old.pause();
			await group.failover(old);
			await some(random, 0, 6_000);
			old.resume();
		}),
	},
	{
		name: 'the replica is away',
		stores: SENTINEL,
		happen: toReplica(async (replica, random) => {
			await replica.kill();
			await some(random, 500, 4_000);
			await replica.restart();
		}),
	},
	{
		name: 'the replica stands still',
		stores: SENTINEL,
		happen: toReplica(async (replica, random) => {
			replica.pause();
			await some(random, 500, 4_000);
			replica.resume();
		}),
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
