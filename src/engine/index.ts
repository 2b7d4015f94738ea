export { type Backoff, DEFAULT_BACKOFF } from '../core/backoff.ts';
export { ERROR_CODES, type ErrorCode, type InvalidField, isMillraceError, MillraceError } from '../core/errors.ts';
export { type DeadReason, JOB_STATES, type Job, type JobState, type NewJob, type TakenJob } from '../core/job.ts';
export { asRawJson, type RawJson, toRawJson } from '../core/json.ts';
export { LIMITS } from '../core/limits.ts';
export {
	DEFAULT_LEASE_MS,
	DEFAULT_MAX_ATTEMPTS,
	DEFAULT_RETENTION,
	type Retention,
	type SettingsPatch,
	type TopicSettings,
} from '../core/settings.ts';
export type { OutcomeName } from '../core/transitions.ts';
export { batching } from './batching.ts';
export type * from './engine.ts';
export { Maintenance } from './maintenance.ts';
export { createEngine, type EngineOptions } from './open.ts';
export { WaitingTakes } from './waiting.ts';
