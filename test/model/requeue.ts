import type { JobState } from '../../src/core/job.ts';
import { TRANSITIONS } from '../../src/core/transitions.ts';
import type { ActionResult } from '../../src/engine/engine.ts';
import { holdKey, holdOf } from './keys.ts';
import type { ModelJob, ModelTopic } from './model.ts';
import { apply, setTerms } from './moves.ts';

/** dead or cancelled → waiting. The job wants its key back. */
export function requeue(
	topic: ModelTopic,
	job: ModelJob,
	{ now, from }: { now: number; from: readonly JobState[] },
): ActionResult {
	if (!from.includes(job.state)) return { status: 'refused', state: job.state };
	const hold = job.unique && holdOf(topic, job.unique.key, now);
	if (hold !== undefined) return { status: 'held', by: hold.holder };
	apply(topic, job, TRANSITIONS.requeue, { now });
	holdKey(topic, job, now);
	setTerms(job, now);
	return { status: 'ok' };
}
