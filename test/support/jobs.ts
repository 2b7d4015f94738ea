import type { NewJob } from '../../src/core/job.ts';
import { toRawJson } from '../../src/core/json.ts';
import type { PushBatch } from '../../src/engine/engine.ts';

/** A job that runs at once, in the common lane, up to three times. */
export function newJob(overrides: Partial<NewJob> = {}): NewJob {
	return {
		data: toRawJson({ n: 1 }),
		priority: 0,
		group: null,
		maxAttempts: 3,
		backoff: null,
		delayMs: 0,
		runAt: null,
		...overrides,
	};
}

/** `count` alike jobs for one topic; their data are {"n":0}, {"n":1} … */
export function batch(topic: string, count: number, overrides: Partial<NewJob> = {}): PushBatch {
	const jobs = Array.from({ length: count }, (_, n) => newJob({ data: toRawJson({ n }), ...overrides }));
	return { topic, jobs };
}
