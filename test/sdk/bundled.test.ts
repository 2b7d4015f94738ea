import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { freshTopic, REDIS } from '../support/stores.ts';
import { tempDir } from '../support/temp.ts';

const PROGRAM = join(import.meta.dirname, '../support/programs/long-job.mjs');

test('a bundle that has left the lease thread behind keeps its leases all the same', async () => {
	const outfile = join(tempDir(), 'bundle.mjs');
	// The Redis client asks for Node's modules with require().
	const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
	const options = { bundle: true, platform: 'node', format: 'esm', logLevel: 'error' } as const;
	await build({ entryPoints: [PROGRAM], outfile, banner, external: ['libsql'], ...options });
	const ran = await promisify(execFile)(process.execPath, [outfile, await REDIS.url(), freshTopic()]);
	expect(ran).toEqual({ stdout: '1\n', stderr: '' });
});
