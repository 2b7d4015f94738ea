import type { TopicEntry } from './topic-entry.ts';

/** A job of which the payload may count. `bytes` is null for one that was pushed while its topic had no budget. */
interface Weighed {
	number: number;
	bytes: number | null;
}

/** Whether the topic's budget of waiting bytes holds these payloads as well. */
export function hasRoom({ settings, bytes }: TopicEntry, jobs: { data: string }[]): boolean {
	if (settings.waitingBytes === undefined) return true;
	const more = jobs.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
	return bytes.unfinished + more <= settings.waitingBytes;
}

/** What a new job, or one with new data, is to be counted as; null where there is no budget. */
export function weigh({ countedFrom }: TopicEntry, data: string): number | null {
	return countedFrom === null ? null : Buffer.byteLength(data);
}

export function countUnfinishedBytes(topic: TopicEntry, job: Weighed, by: 1 | -1): void {
	topic.bytes.unfinished += by * counted(topic, job);
}

export function countFinishedBytes(topic: TopicEntry, job: Weighed, by: 1 | -1): void {
	topic.bytes.finished += by * counted(topic, job);
}

/** Jobs that were there before the budget was set do not count. */
function counted({ countedFrom }: TopicEntry, { number, bytes }: Weighed): number {
	return bytes !== null && countedFrom !== null && number > countedFrom ? bytes : 0;
}

/** Whether the finished jobs that are kept are more bytes than the topic may have. */
export function isOverBudget({ settings, bytes }: TopicEntry): boolean {
	return settings.finishedBytes !== undefined && bytes.finished > settings.finishedBytes;
}

/** A budget was set or removed. */
export function recount(topic: TopicEntry): void {
	const { waitingBytes, finishedBytes } = topic.settings;
	const hasBudget = waitingBytes !== undefined || finishedBytes !== undefined;
	if (hasBudget === (topic.countedFrom !== null)) return;
	topic.countedFrom = hasBudget ? topic.lastNumber : null;
	topic.bytes = { unfinished: 0, finished: 0 };
}
