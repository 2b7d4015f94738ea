import type { History } from '../history.ts';
import type { Random } from '../random.ts';
import type { FaultyClock } from '../shims/shims.ts';
import { ALL, type Fault, REDIS, serverOf, some } from './tools.ts';

const HOUR = 3_600_000;

const HOURS = [
	['an hour ahead', HOUR],
	['an hour behind', -HOUR],
] as const;

/** Sets a clock, and back after a while: it jumps both ways. */
async function jump(clock: FaultyClock, random: Random, { aheadMs, note = () => {} }: Jump): Promise<void> {
	note(aheadMs);
	clock.set(aheadMs);
	await some(random, 300, 3_000);
	clock.set(0);
	note(-aheadMs);
}

interface Jump {
	aheadMs: number;
	note?: (byMs: number) => void;
}

const noting = (history: History) => (byMs: number) => history.add({ e: 'clock', at: Date.now(), byMs });

export const CLOCK: Fault[] = HOURS.flatMap(([far, aheadMs]): Fault[] => [
	{
		name: `the clock of the store is ${far}`,
		stores: ALL,
		happen: (system, random, history) => jump(system.storeClock, random, { aheadMs, note: noting(history) }),
	},
	{
		name: `the clock of a server is ${far}`,
		stores: REDIS,
		happen: (system, random) => jump(serverOf(system, random).clock, random, { aheadMs }),
	},
	{
		name: `the clock of a worker is ${far}`,
		stores: ALL,
		happen: (system, random) => jump(random.pick(system.workers).clock, random, { aheadMs }),
	},
]);
