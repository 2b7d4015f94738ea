import fc from 'fast-check';
import { toRawJson } from '../../../src/core/json.ts';
import { OUTCOMES } from '../../../src/core/transitions.ts';
import type { Lease, Outcome, TakeRequest } from '../../../src/engine/engine.ts';
import { MINUTE, pick, TOPICS, type World } from '../world.ts';

/** Which delivery a step means, to be resolved when it runs. */
export interface DeliveryRef {
	kind: 'live' | 'past' | 'ahead' | 'untaken' | 'unknown';
	index: number;
}

const NOWHERE = ['a:7', 'nobody:1700000000000', 'not an id'];

/** The delivery meant; one that cannot exist where the world has none of the kind. */
export function resolve({ kind, index }: DeliveryRef, world: Readonly<World>): Lease {
	const active = TOPICS.flatMap((topic) => world.now.lists[topic]?.active ?? []);
	const nowhere = { id: pick(NOWHERE, index) ?? '', token: 1 };
	if (kind === 'live') return pick(active, index) ?? pick(world.deliveries, index) ?? nowhere;
	if (kind === 'past') return pick(world.deliveries, index) ?? nowhere;
	const some = kind === 'ahead' ? pick(active, index)?.id : pick(world.ids, index);
	if (kind === 'unknown' || some === undefined) return nowhere;
	const token = world.now.jobs[world.ids.indexOf(some)]?.token ?? 0;
	return { id: some, token: token + 1 };
}

export const deliveryRef: fc.Arbitrary<DeliveryRef> = fc.record({
	kind: fc.oneof(
		{ weight: 6, arbitrary: fc.constant('live' as const) },
		{
			weight: 1,
			arbitrary: fc.constantFrom('past' as const, 'ahead' as const, 'untaken' as const, 'unknown' as const),
		},
	),
	index: fc.nat(40),
});

/** An outcome whose delivery is still to be resolved. */
export interface OutcomeRef extends Omit<Outcome, 'id' | 'token'> {
	ref: DeliveryRef;
}

export function resolveOutcome({ ref, ...outcome }: OutcomeRef, world: Readonly<World>): Outcome {
	const { id, token } = resolve(ref, world);
	return { id, token, ...outcome };
}

const text = fc.option(fc.nat(99).map(toRawJson), { nil: undefined });

export const outcomeRef: fc.Arbitrary<OutcomeRef> = fc
	.record({
		ref: deliveryRef,
		outcome: fc.constantFrom(...OUTCOMES, 'complete' as const),
		delayMs: fc.constantFrom(undefined, 0, 0, MINUTE, 2 * MINUTE),
		text,
		reason: fc.constantFrom(undefined, undefined, 'bad_data'),
		parkMs: fc.constantFrom(undefined, undefined, undefined, undefined, undefined, MINUTE, 3 * MINUTE),
	})
	.map(({ ref, outcome, delayMs, text: handed, reason, parkMs }) => {
		const delay = delayMs === undefined || outcome === 'complete' || outcome === 'kill' ? {} : { delayMs };
		const why = reason === undefined || outcome !== 'kill' ? {} : { reason };
		const park = parkMs === undefined ? {} : { parkMs };
		const ended = { ref, outcome, ...delay, ...why, ...park };
		if (handed === undefined || outcome === 'release') return ended;
		return outcome === 'complete' ? { ...ended, result: handed } : { ...ended, error: handed };
	});

export const takeRequest: fc.Arbitrary<TakeRequest> = fc
	.record({
		topics: fc.constantFrom<string[]>(['a'], ['a'], ['b'], ['a', 'b'], ['b', 'a'], ['b', 'nobody', 'a']),
		max: fc.integer({ min: 1, max: 6 }),
		leaseMs: fc.constantFrom(MINUTE, 2 * MINUTE, 5 * MINUTE),
		worker: fc.constantFrom(undefined, 'w1', 'w2'),
		marks: fc.constantFrom(undefined, false, true),
	})
	.map(({ worker, marks, ...request }) => {
		const named = worker === undefined ? request : { ...request, worker };
		return marks === undefined ? named : { ...named, marks };
	});
