export type { Reply } from './engine.ts';
export type { PartialOf } from './matches.ts';
export type { CrashOptions, DrainOptions, PerformOptions, TestQueueOptions } from './options.ts';
export type { PushedJob } from './pushes.ts';
export { createTestQueue, type TestQueue } from './queue.ts';
export type { Ran, Settled, StoredError } from './ran.ts';
