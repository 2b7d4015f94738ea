import { join } from 'node:path';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { tempDir } from '../support/temp.ts';
import { exerciseEngine } from './suite.ts';

exerciseEngine('SqliteEngine in memory', {
	newStore: () => ({ engine: (clock) => new SqliteEngine({ path: ':memory:', clock }) }),
});

exerciseEngine('SqliteEngine on a file', {
	newStore: () => {
		const path = join(tempDir(), 'jobs.db');
		return { engine: (clock) => new SqliteEngine({ path, clock }) };
	},
});
