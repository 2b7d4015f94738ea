import type { Job, TakenJob } from '../core/job.ts';
import { type Member, members, Raw, type RawJson, writeJson } from '../core/json.ts';
import { termsOf } from '../core/terms.ts';
import type { Group, Topic } from '../engine/engine.ts';

// Ids, topics and states are plain ASCII without quotes or backslashes, so they are set between quotes as they are.
// Payloads, results and errors are copied as they came.

/** A job under a lease, as `POST /v1/take` answers it. */
export function takenJobText(job: TakenJob): string {
	return (
		`{"id":"${job.id}","topic":"${job.topic}","token":${job.token},"data":${job.data},"attempt":${job.attempt},` +
		`"maxAttempts":${job.maxAttempts},"priority":${job.priority},"group":${JSON.stringify(job.group)},` +
		`"createdAt":${job.createdAt},"leaseExpiresAt":${job.leaseExpiresAt}` +
		`${job.timeoutMs === undefined ? '' : `,"timeoutMs":${job.timeoutMs}`}}`
	);
}

/** A stored job, as `GET /v1/jobs/{id}` answers it. */
export function jobText(job: Job): string {
	return writeJson({ ...jobFields(job), ...handedIn(job, null) });
}

/** The same, but a result, an error or a progress that nobody handed in is absent: so it differs from one that is the JSON `null`. */
export function jobTextWithoutNones(job: Job): string {
	return writeJson({ ...jobFields(job), ...handedIn(job, undefined) });
}

/** How a job ended, as `GET /v1/jobs/{id}/result` answers it. Of a job that has not ended it says the state. */
export function resultText({ id, state, result, error, reason, history }: Job): string {
	if (state === 'completed') return writeJson({ id, state, result: rawOr(result, undefined) });
	if (state === 'dead') return writeJson({ id, state, error: rawOr(error, undefined), reason: reason ?? undefined });
	if (state === 'cancelled') return writeJson({ id, state, reason: whyCancelled(history) });
	return writeJson({ id, state });
}

/** In the words of whoever cancelled it; null when nothing was said. */
function whyCancelled(history: Job['history']): Raw | null {
	const cancelled = history.find(({ kind }) => kind === 'cancelled');
	return rawOr(cancelled?.error ?? null, null);
}

/** What workers have handed in. */
function handedIn({ result, error, progress, history }: Job, none: null | undefined) {
	return {
		result: rawOr(result, none),
		error: rawOr(error, none),
		progress: rawOr(progress, none),
		history: history.map((entry) => ({ ...entry, error: rawOr(entry.error, none) })),
	};
}

function rawOr<T>(text: RawJson | null, none: T): Raw | T {
	return text === null ? none : new Raw(text);
}

function jobFields(job: Job) {
	return {
		id: job.id,
		topic: job.topic,
		state: job.state,
		data: new Raw(job.data),
		priority: job.priority,
		group: job.group,
		attempt: job.attempt,
		maxAttempts: job.maxAttempts,
		failures: failuresOf(job),
		crashes: job.crashes,
		releases: job.releases,
		token: job.token,
		worker: job.worker,
		backoff: job.backoff,
		...termsOf(job),
		createdAt: job.createdAt,
		runAt: job.runAt,
		leaseExpiresAt: job.leaseExpiresAt,
		finishedAt: job.finishedAt,
		reason: job.reason,
	};
}

/** Runs that ended otherwise than by completing, and by the word of the worker or of the clock. */
function failuresOf({ state, attempt, crashes }: Job): number {
	const underWay = state === 'active' ? 1 : 0;
	const completed = state === 'completed' ? 1 : 0;
	return attempt - underWay - crashes - completed;
}

export function topicText(topic: Topic): string {
	const { topic: name, paused, pausedUntil, counts, oldestWaitingMs, settings } = topic;
	return JSON.stringify({ topic: name, paused, pausedUntil, counts, oldestWaitingMs, settings });
}

export function groupText({ group, paused, pausedUntil, parkedUntil, waiting, active, settings }: Group): string {
	return JSON.stringify({ group, paused, pausedUntil, parkedUntil, waiting, active, settings });
}

/** The four fields that every job has in the seed's API. */
export interface SeedFields {
	jobId: string;
	createdAt: number;
	updatedAt: number;
	retryCount: number;
}

const SEED_FIELDS = ['jobId', 'createdAt', 'updatedAt', 'retryCount'];

/** A job as the seed's `jobToRun` answers it: the four fields, then the payload's own as they were written. */
export function seedJobText(fields: SeedFields, data: TakenJob['data']): string {
	const { jobId, createdAt, updatedAt, retryCount } = fields;
	const head = `"jobId":"${jobId}","createdAt":${createdAt},"updatedAt":${updatedAt},"retryCount":${retryCount}`;
	const own = payloadMembers(data).map((member) => `,${member.text}`);
	return `{${head}${own.join('')}}`;
}

/** v1 takes any JSON as payload; what is not an object shows here as the one field `data`. */
function payloadMembers(data: TakenJob['data']): Member[] {
	if (!/^\s*\{/.test(data)) return [{ key: 'data', text: `"data":${data}`, value: data }];
	return members(data).filter((member) => !SEED_FIELDS.includes(member.key));
}
