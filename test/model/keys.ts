import type { HolderState } from '../../src/core/unique.ts';
import { joinTail } from './lanes.ts';
import type { Follower, Hold, ModelJob, ModelTopic } from './model.ts';

/** Who holds the key; undefined when nobody does. While jobs wait behind a key it is held, also when its window is over. */
export function holdOf(topic: ModelTopic, key: string, now: number): Hold | undefined {
	const hold = topic.keys.get(key);
	const queued = (topic.followers.get(key)?.length ?? 0) > 0;
	return hold === undefined || hold.until === null || hold.until > now || queued ? hold : undefined;
}

/** A holder that was let go of after it completed is still the one that did the work. */
export function holderState(topic: ModelTopic, { holder }: Hold): HolderState {
	return (topic.jobs.get(holder)?.state ?? 'completed') as HolderState;
}

export function holdKey(topic: ModelTopic, job: ModelJob, now: number): void {
	if (job.unique === undefined) return;
	const { key, scope } = job.unique;
	topic.keys.set(key, { holder: job.id, until: typeof scope === 'object' ? now + scope.windowMs : null });
}

/** A job was taken. */
export function keyAfterTake(topic: ModelTopic, job: ModelJob, now: number): void {
	if (job.unique?.scope === 'waiting') giveUpKey(topic, job, now);
}

/** A job ended or is about to be deleted. A window outlives the completion of its job, unless others wait behind it. */
export function keyAfterEnd(topic: ModelTopic, job: ModelJob, now: number): void {
	if (job.unique === undefined) return;
	const stays = typeof job.unique.scope === 'object' && job.state === 'completed';
	if (!stays || (topic.followers.get(job.unique.key)?.length ?? 0) > 0) giveUpKey(topic, job, now);
}

/** The key goes to the next in line, if the job held it; a job that only waited for it leaves the line. */
function giveUpKey(topic: ModelTopic, job: ModelJob, now: number): void {
	const key = job.unique?.key ?? '';
	const line = topic.followers.get(key) ?? [];
	if (topic.keys.get(key)?.holder !== job.id) {
		topic.followers.set(
			key,
			line.filter(({ id }) => id !== job.id),
		);
		return;
	}
	topic.keys.delete(key);
	const next = line.shift();
	const follower = next && topic.jobs.get(next.id);
	if (next === undefined || follower === undefined) return;
	holdKey(topic, follower, now);
	if (next.due > now) {
		follower.runAt = next.due;
	} else {
		follower.state = 'waiting';
		joinTail(topic, follower);
	}
}

export function followerOf(topic: ModelTopic, job: ModelJob): Follower | undefined {
	return topic.followers.get(job.unique?.key ?? '')?.find(({ id }) => id === job.id);
}
