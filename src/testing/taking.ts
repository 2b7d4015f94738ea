import { invalid, MillraceError } from '../core/errors.ts';
import { told } from '../core/explaining.ts';
import type { TakenJob } from '../core/job.ts';
import type { TestEngine } from './engine.ts';

/** Who takes, as the jobs and their history tell. */
const WORKER = 'test-queue';

interface Wanted {
	topic: string;
	leaseMs: number;
}

/** Up to `max` of the topic's jobs, as a worker gets them. */
export function takeNext(engine: TestEngine, { topic, leaseMs }: Wanted, max: number): Promise<TakenJob[]> {
	return engine.take({ topics: [topic], max, leaseMs, worker: WORKER });
}

/**
 * Takes these jobs of one topic and no others. Those that stood before them are back in their places then, with a higher
 * token each.
 */
export async function takeThese(
	engine: TestEngine,
	{ ids, ...wanted }: Wanted & { ids: string[] },
): Promise<TakenJob[]> {
	const taken: TakenJob[] = [];
	const others: TakenJob[] = [];
	while (taken.length < ids.length) {
		// One by one, so that none is taken, and counted by a rate, that stands behind the last of them.
		const [job] = await takeNext(engine, wanted, 1);
		if (job === undefined) break;
		(ids.includes(job.id) ? taken : others).push(job);
	}
	// The last one first: each goes to the head of its lane.
	for (const { id, token } of others.reverse()) {
		await engine.aside(() => engine.settle([{ id, token, outcome: 'release' }]));
	}
	return taken;
}

/**
 * The job in its `attempt`-th run, the runs before it failed.
 * @throws INVALID for an attempt that it does not have, WRONG_STATE when it is held back
 */
export async function takeAs(
	engine: TestEngine,
	{ topic, id, attempt, leaseMs }: { topic: string; id: string; attempt: number; leaseMs: number },
): Promise<TakenJob> {
	for (let n = 1; ; n++) {
		const [job] = await takeThese(engine, { topic, ids: [id], leaseMs });
		if (job === undefined && n === 1) throw await heldBack(engine, id);
		if (job === undefined || !(attempt >= n)) throw invalid('attempt', 'must be 1 to maxAttempts', attempt);
		if (n === attempt) return job;
		const failed = { id, token: job.token, outcome: 'retry', delayMs: 0 } as const;
		await engine.aside(() => engine.settle([failed]));
	}
}

async function heldBack(engine: TestEngine, id: string): Promise<MillraceError> {
	const [facts] = await engine.explainJobs([id]);
	const why = facts ? told(facts, engine.clock()).summary : 'It has left the store.';
	return new MillraceError('WRONG_STATE', `Job ${id} cannot be performed now. ${why}`);
}
