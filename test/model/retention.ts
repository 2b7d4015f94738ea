import { DEFAULT_RETENTION } from '../../src/core/settings.ts';
import { inState, type ModelJob, type ModelTopic } from './model.ts';

export const FINISHED = ['completed', 'dead', 'cancelled'] as const;
export type FinishedState = (typeof FINISHED)[number];

function retentionOf(topic: ModelTopic, state: FinishedState) {
	return topic.settings[state] ?? DEFAULT_RETENTION[state];
}

export function oldestFirst(topic: ModelTopic, state: FinishedState): ModelJob[] {
	return inState(topic, state).sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0) || a.number - b.number);
}

/** The finished jobs above the count, oldest first. */
function aboveCount(topic: ModelTopic, state: FinishedState): ModelJob[] {
	const finished = oldestFirst(topic, state);
	return finished.slice(0, Math.max(0, finished.length - retentionOf(topic, state).count));
}

/** Forgets the oldest finished jobs above the count, `most` of them at most. */
export function trim(topic: ModelTopic, state: FinishedState, most: number): void {
	for (const job of aboveCount(topic, state).slice(0, most)) topic.jobs.delete(job.id);
}

/** The finished jobs that a prune deletes: those above the count and those past their age, then those beyond the bytes. */
export function beyondRetention(topic: ModelTopic, now: number): ModelJob[] {
	const beyond = FINISHED.flatMap((state) => {
		const above = aboveCount(topic, state);
		const { ageMs } = retentionOf(topic, state);
		return oldestFirst(topic, state).filter((job) => above.includes(job) || (job.finishedAt ?? 0) + ageMs <= now);
	});
	return [...beyond, ...beyondBytes(topic, beyond)];
}

/** Completed jobs go first, then cancelled, then dead ones; of each kind the oldest. */
function beyondBytes(topic: ModelTopic, beyond: ModelJob[]): ModelJob[] {
	const { finishedBytes } = topic.settings;
	if (finishedBytes === undefined) return [];
	const kept = (['completed', 'cancelled', 'dead'] as const).flatMap((state) => oldestFirst(topic, state));
	const counted = kept.filter((job) => !beyond.includes(job) && isCounted(topic, job));
	let bytes = counted.reduce((sum, job) => sum + bytesOf(job), 0);
	return counted.filter((job) => {
		const over = bytes > finishedBytes;
		if (over) bytes -= bytesOf(job);
		return over;
	});
}

function bytesOf(job: { data: string }): number {
	return Buffer.byteLength(job.data);
}

function isCounted(topic: ModelTopic, job: ModelJob): boolean {
	return topic.countedFrom !== null && job.number > topic.countedFrom;
}

/** Whether the budget of waiting bytes holds these jobs as well. */
export function hasRoom(topic: ModelTopic, jobs: { data: string }[]): boolean {
	const { waitingBytes } = topic.settings;
	if (waitingBytes === undefined) return true;
	const unfinished = (['waiting', 'delayed', 'active'] as const).flatMap((state) => inState(topic, state));
	const used = unfinished.filter((job) => isCounted(topic, job)).reduce((sum, job) => sum + bytesOf(job), 0);
	return used + jobs.reduce((sum, job) => sum + bytesOf(job), 0) <= waitingBytes;
}
