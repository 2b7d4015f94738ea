export type { Duration } from '../client/duration.ts';
export type { JobHandle } from '../client/job-handle.ts';
export type { BackoffOptions, PushOptions } from '../client/jobs.ts';
export { type Topic, type TopicSchemas, topic } from '../client/topic.ts';
export { isMillraceError, MillraceError } from '../core/errors.ts';
export type { Job, JobState } from '../core/job.ts';
export type { Topic as TopicView } from '../engine/engine.ts';
export {
	type BatchHandler,
	type BatchJob,
	type BatchOptions,
	type Handler,
	type HandlerOptions,
	handle,
	handleBatch,
	type JobContext,
	type Registration,
	type WorkJob,
} from '../worker/registration.ts';
export { Kill, RetryAt, Snooze } from '../worker/steering.ts';
export { Worker, type WorkerHealth, type WorkerLog, type WorkerOptions } from '../worker/worker.ts';
export { type Client, type ConnectOptions, connect } from './client.ts';
