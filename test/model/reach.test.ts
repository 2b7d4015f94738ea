import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Explanation } from '../../src/core/explanation.ts';
import type { Job } from '../../src/core/job.ts';
import type { ActionResult, Engine, PushResult, SettleResult } from '../../src/engine/engine.ts';
import { ReferenceEngine } from './reference-engine.ts';
import { play, sequence } from './sequence.ts';
import { newWorld } from './world.ts';

// The random sequences are worth what they reach. Steps that never meet would be green for ever, so what must come up stands here.

const MUST = [
	...['created', 'duplicate', 'conflict', 'full'].map((status) => `push ${status}`),
	...['free', 'kept', 'replaced', 'cancelled', 'queued', 'debounced'].map((outcome) => `unique ${outcome}`),
	...['waiting', 'delayed', 'active', 'completed'].map((state) => `key held by ${state}`),
	...['ok', 'stale', 'cancelled', 'missing'].flatMap((status) => [`settle ${status}`, `extend ${status}`]),
	...['ok', 'refused', 'missing', 'held'].map((status) => `retryJobs ${status}`),
	...['ok', 'refused', 'missing'].flatMap((status) => [`promoteJobs ${status}`, `cancelJobs ${status}`]),
	...['topic_paused', 'topic_parked', 'topic_limit', 'topic_rate'].map((code) => `because ${code}`),
	...['group_paused', 'group_parked', 'group_limit', 'group_rate'].map((code) => `because ${code}`),
	...['due', 'unique', 'behind', 'next'].map((code) => `because ${code}`),
	...['failed', 'killed', 'crashed', 'timeout', 'expired', 'bad_data'].map((reason) => `dead ${reason}`),
	...['failed', 'killed', 'crashed', 'timeout', 'cancelled'].map((kind) => `history ${kind}`),
	'crashes',
	'releases',
];

/** What an answer tells, in words. */
const TELLS: Partial<Record<keyof Engine, (answer: never) => string[]>> = {
	push: (results: PushResult[]) =>
		results.flatMap((result) => {
			const keys = result.status === 'created' ? result.jobs.flatMap(({ unique }) => unique ?? []) : [];
			const told = keys.flatMap(({ outcome, holderState }) => [`unique ${outcome}`, `key held by ${holderState}`]);
			return [`push ${result.status}`, ...told];
		}),
	settle: (results: SettleResult[]) => results.map(({ status }) => `settle ${status}`),
	extend: (results: SettleResult[]) => results.map(({ status }) => `extend ${status}`),
	retryJobs: (results: ActionResult[]) => results.map(({ status }) => `retryJobs ${status}`),
	promoteJobs: (results: ActionResult[]) => results.map(({ status }) => `promoteJobs ${status}`),
	cancelJobs: (results: ActionResult[]) => results.map(({ status }) => `cancelJobs ${status}`),
	explainJobs: (explanations: (Explanation | null)[]) =>
		explanations.flatMap((one) => {
			const codes = one?.next ? ['next'] : (one?.reasons.map(({ code }) => code) ?? []);
			return codes.map((code) => `because ${code}`);
		}),
	getJobs: (jobs: (Job | null)[]) =>
		jobs.flatMap((job) => {
			if (job === null) return [];
			const counts = [...(job.crashes > 0 ? ['crashes'] : []), ...(job.releases > 0 ? ['releases'] : [])];
			const reason = job.state === 'dead' ? [`dead ${job.reason}`] : [];
			return [...counts, ...reason, ...job.history.map(({ kind }) => `history ${kind}`)];
		}),
};

/** A model that keeps what its answers tell. */
function overheard(engine: Engine, heard: Set<string>): Engine {
	return new Proxy(engine, {
		get(_target, name) {
			const method: unknown = Reflect.get(engine, name);
			if (typeof method !== 'function') return method;
			const tells = TELLS[name as keyof Engine];
			return async (...given: unknown[]) => {
				const answer: unknown = await method.apply(engine, given);
				for (const word of tells?.(answer as never) ?? []) heard.add(word);
				return answer;
			};
		},
	});
}

test('the random sequences reach every answer, every reason and every end of a job', async () => {
	const heard = new Set<string>();
	const property = fc.asyncProperty(sequence, async (steps) => {
		const world = await newWorld();
		await play(steps, world, [overheard(new ReferenceEngine(world.clock), heard)]);
	});
	// Always the same sequences: a rare one must not be missed by chance.
	await fc.assert(property, { seed: 1, numRuns: 150 });
	expect(MUST.filter((word) => !heard.has(word))).toEqual([]);
}, 120_000);
