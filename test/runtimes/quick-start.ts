import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { install, type Packed, pack, run, writeQuickStart } from '../package/installed.ts';
import { serve } from '../support/millrace-server.ts';

const HERE = import.meta.dirname;

/** How each runtime runs a file. */
const RUNTIMES: [name: string, args: string[]][] = [
	['bun', ['run']],
	['deno', ['run', '--allow-all']],
];

let packed: Packed;
let app: string;
/** Why the runtimes could not be installed; undefined when they were. */
let problem: string | undefined;

beforeAll(async () => {
	[packed] = await Promise.all([
		pack(),
		run('npm', ['ci', '--prefer-offline', '--loglevel=error'], { cwd: HERE }).catch((error) => {
			// A lock file that does not fit is a fault of ours; all else is the machine's, or its network's.
			if (String(error.stderr).includes('EUSAGE')) throw error;
			problem = String(error.stderr).trim().split('\n')[0];
		}),
	]);
	app = await install(packed);
	writeQuickStart(app);
});
afterAll(() => packed.remove());

describe.each(RUNTIMES)('%s', (name, args) => {
	const binary = join(HERE, 'node_modules/.bin', name);
	let missing: string | undefined;

	beforeAll(async () => {
		missing = await run(binary, ['--version']).then(
			() => undefined,
			(error) => problem ?? error.message,
		);
		if (missing !== undefined) console.log(`${name} cannot be had here, so its tests are skipped: ${missing}`);
	});
	beforeEach(({ skip }) => skip(missing !== undefined, missing));

	const hello = async (url: string) => {
		const { stdout, stderr } = await run(binary, [...args, 'hello.mjs', url], { cwd: app, timeout: 30_000 });
		return stdout + stderr;
	};

	test.each<[string, () => string | Promise<string>]>([
		['memory:', () => 'memory:'],
		['redis:', () => inject('redisUrl')],
		['http:', () => serve(['--store', 'memory:', '--port', '0']).url()],
	])('the quick start says hello on %s', async (_, url) => {
		expect(await hello(await url())).toBe('Hello, Ada!\n');
	});
});
