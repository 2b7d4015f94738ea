import { inject } from 'vitest';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { randomPrefix } from '../support/prefix.ts';
import { exerciseEngine } from './suite.ts';

exerciseEngine('RedisEngine', {
	newStore: () => {
		const prefix = randomPrefix();
		return { engine: (clock) => new RedisEngine({ url: inject('redisUrl'), prefix, clock }) };
	},
});
