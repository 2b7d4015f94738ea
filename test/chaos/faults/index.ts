import { isUp, type StoreKind, type System } from '../system.ts';
import { CLOCK } from './clock.ts';
import { DISK } from './disk.ts';
import { FAILOVER } from './failover.ts';
import { NETWORK } from './network.ts';
import { PROCESSES } from './processes.ts';
import { STORE } from './store.ts';
import type { Fault } from './tools.ts';

export type { Fault } from './tools.ts';

const FAULTS: readonly Fault[] = [...PROCESSES, ...NETWORK, ...STORE, ...DISK, ...CLOCK];

/** Faults of servers and workers that a failover may meet. The others are told of the store `redis`. */
const ALONGSIDE = /^(kill -9 of a server|kill -9 of a worker|answers to (pushes|settles) are lost)/;

/** What may happen to a run on this store. */
export function faultsOf(kind: StoreKind): readonly Fault[] {
	if (kind !== 'sentinel') return FAULTS.filter(({ stores }) => stores.includes(kind));
	return [...FAILOVER, ...FAULTS.filter(({ name }) => ALONGSIDE.test(name))];
}

/** Waits until every server answers through its proxy. */
export async function healed({ urls }: System): Promise<void> {
	await Promise.all(urls.map(isUp));
}
