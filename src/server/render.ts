import type { Job, TakenJob } from '../core/job.ts';
import { type Member, members, Raw, type RawJson, writeJson } from '../core/json.ts';
import type { Topic } from '../engine/engine.ts';

// Ids, topics and states are plain ASCII without quotes or backslashes, so they are set between quotes as they are.
// Payloads, results and errors are copied as they came.

/** A job under a lease, as `POST /v1/take` answers it. */
export function takenJobText(job: TakenJob): string {
	return (
		`{"id":"${job.id}","topic":"${job.topic}","token":${job.token},"data":${job.data},"attempt":${job.attempt},` +
		`"maxAttempts":${job.maxAttempts},"priority":${job.priority},"group":${JSON.stringify(job.group)},` +
		`"createdAt":${job.createdAt},"leaseExpiresAt":${job.leaseExpiresAt}}`
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
export function resultText({ id, state, result, error, reason }: Job): string {
	if (state === 'completed') return writeJson({ id, state, result: rawOr(result, undefined) });
	if (state === 'dead') return writeJson({ id, state, error: rawOr(error, undefined), reason: reason ?? undefined });
	return writeJson({ id, state });
}

/** What workers have handed in. */
function handedIn({ result, error, progress }: Job, none: null | undefined) {
	return { result: rawOr(result, none), error: rawOr(error, none), progress: rawOr(progress, none) };
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
		token: job.token,
		backoff: job.backoff,
		createdAt: job.createdAt,
		runAt: job.runAt,
		leaseExpiresAt: job.leaseExpiresAt,
		finishedAt: job.finishedAt,
		reason: job.reason,
	};
}

export function topicText(topic: Topic): string {
	const { topic: name, paused, counts, oldestWaitingMs, settings } = topic;
	return JSON.stringify({ topic: name, paused, counts, oldestWaitingMs, settings });
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
