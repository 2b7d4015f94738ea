import { invalid, MillraceError } from '../core/errors.ts';
import type { TakenJob } from '../core/job.ts';
import { LIMITS } from '../core/limits.ts';
import type { TestEngine } from './engine.ts';

/**
 * Takes these jobs of one topic and no others. Those that stood before them are back in their places then, with a higher
 * token each.
 */
export async function takeThese(
	engine: TestEngine,
	{ topic, ids, leaseMs }: { topic: string; ids: string[]; leaseMs: number },
): Promise<TakenJob[]> {
	const taken: TakenJob[] = [];
	const others: TakenJob[] = [];
	while (taken.length < ids.length) {
		const jobs = await engine.take({ topics: [topic], max: LIMITS.batch, leaseMs });
		if (jobs.length === 0) break;
		for (const job of jobs) (ids.includes(job.id) ? taken : others).push(job);
	}
	// The last one first: each goes to the head of its lane.
	for (const { id, token } of others.reverse()) {
		await engine.aside(() => engine.settle([{ id, token, outcome: 'release' }]));
	}
	return taken;
}

/**
 * The job in its `attempt`-th run, the runs before it failed.
 * @throws INVALID for an attempt that it does not have, WRONG_STATE when its topic gives no jobs
 */
export async function takeAs(
	engine: TestEngine,
	{ topic, id, attempt, leaseMs }: { topic: string; id: string; attempt: number; leaseMs: number },
): Promise<TakenJob> {
	for (let n = 1; ; n++) {
		const [job] = await takeThese(engine, { topic, ids: [id], leaseMs });
		if (job === undefined && n === 1) {
			throw new MillraceError('WRONG_STATE', `Topic ${topic} gives no jobs; is it paused?`);
		}
		if (job === undefined || !(attempt >= n)) throw invalid('attempt', 'must be 1 to maxAttempts', attempt);
		if (n === attempt) return job;
		const failed = { id, token: job.token, outcome: 'retry', delayMs: 0 } as const;
		await engine.aside(() => engine.settle([failed]));
	}
}
