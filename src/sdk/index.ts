export type { Bulk, BulkFilter, BulkOptions, MoveOptions, OperationHandle } from '../client/bulk.ts';
export type { CancelOptions } from '../client/cancelling.ts';
export type { Duration } from '../client/duration.ts';
export type { Explained } from '../client/explained.ts';
export type { GroupHandle } from '../client/group-handle.ts';
export type { JobHandle } from '../client/job-handle.ts';
export type { PauseOptions } from '../client/pause.ts';
export type { BackoffOptions, PushOptions, UniqueOptions } from '../client/push-options.ts';
export { type Topic, type TopicSchemas, topic } from '../client/topic.ts';
export { isMillraceError, MillraceError } from '../core/errors.ts';
export type { Blocking } from '../core/explanation.ts';
export type { HistoryEntry, Job, JobState } from '../core/job.ts';
export type { AuditEntry, AuditPage, DryRun, Operation, OperationProgress } from '../core/operation.ts';
export type { Rate } from '../core/rate.ts';
export type { GroupPatch, GroupSettings, SettingsPatch, TopicSettings } from '../core/settings.ts';
export type { OnConflict, UniqueAnswer } from '../core/unique.ts';
export type { ActionResult, Durability, Group as GroupView, Topic as TopicView } from '../engine/engine.ts';
export type { WorkerLog, WorkerOptions } from '../worker/options.ts';
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
export { Kill, RateLimited, RetryAt, Snooze } from '../worker/steering.ts';
export { Worker, type WorkerHealth } from '../worker/worker.ts';
export { type Client, type ConnectOptions, connect } from './client.ts';
