import { expect } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { LEASE_MS } from '../conformance/kit.ts';
import { Settle } from './steps/settle.ts';
import { Take } from './steps/take.ts';
import { Elapse } from './steps/time.ts';
import { MINUTE, type Snapshot, TOPICS, type World } from './world.ts';

/** Longer than every window, park, lease and pause of the alphabet. */
const ROUND_MS = 10 * MINUTE;

/**
 * Ends a sequence as a quiet night would: time passes, and a worker takes and completes what there is. Nobody touches a setting. In the end
 * only what is paused without end may be left: whatever is held back by anything else gets its turn by itself.
 */
export async function drain(world: World, engines: Engine[]): Promise<void> {
	let idle = 0;
	while (idle < 2) {
		await new Elapse(ROUND_MS).run(world, engines);
		await new Take({ topics: TOPICS, max: 100, leaseMs: LEASE_MS }, false).run(world, engines);
		const active = TOPICS.flatMap((topic) => world.now.lists[topic]?.active ?? []);
		const outcomes = active.map((_, index) => ({
			ref: { kind: 'live', index } as const,
			outcome: 'complete' as const,
		}));
		if (outcomes.length > 0) await new Settle(outcomes).run(world, engines);
		idle = outcomes.length > 0 ? 0 : idle + 1;
	}
	expect(stuck(world.now), 'jobs that nothing holds back and that nobody gets').toEqual([]);
}

/** Jobs that still wait, although their topic and their group are not paused. */
function stuck(now: Snapshot): string[] {
	const open = TOPICS.filter((_, index) => now.topics[index]?.paused !== true);
	return open.flatMap((topic) => {
		const paused = now.groups[topic]?.filter((group) => group.paused).map(({ group }) => group) ?? [];
		const waiting = now.lists[topic]?.waiting ?? [];
		return waiting.filter(({ group }) => group === null || !paused.includes(group)).map(({ id }) => id);
	});
}
