import { inject } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { randomPrefix } from '../support/prefix.ts';

/** How to get an engine on an empty store, for a run of its own. */
export type Open = (clock: Clock) => Engine;

export const sqlite: Open = (clock) => new SqliteEngine({ path: ':memory:', clock });
export const redis: Open = (clock) => new RedisEngine({ url: inject('redisUrl'), prefix: randomPrefix(), clock });
