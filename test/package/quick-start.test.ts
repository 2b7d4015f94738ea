import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { serve } from '../support/millrace-server.ts';
import { install, type Packed, pack, ROOT, run, writeQuickStart } from './installed.ts';

let packed: Packed;
let app: string;

beforeAll(async () => {
	packed = await pack();
	app = await install(packed);
	writeQuickStart(app);
}, 300_000);
afterAll(() => packed.remove());

async function hello(url: string): Promise<string> {
	const { stdout, stderr } = await run(process.execPath, ['hello.mjs', url], { cwd: app, timeout: 30_000 });
	return stdout + stderr;
}

test('the quick start has at most 15 lines', () => {
	expect(readFileSync(join(app, 'hello.mjs'), 'utf8').trim().split('\n').length).toBeLessThanOrEqual(15);
});

test.each(['memory:', 'sqlite:./jobs.db'])('the quick start says hello on %s', async (url) => {
	expect(await hello(url)).toBe('Hello, Ada!\n');
});

test('the quick start says hello on redis:', async () => {
	expect(await hello(inject('redisUrl'))).toBe('Hello, Ada!\n');
});

test('the quick start says hello on http:', async () => {
	const server = serve(['--store', 'memory:', '--port', '0']);
	expect(await hello(await server.url())).toBe('Hello, Ada!\n');
});

test('require() loads it, as every entry that needs no other package', async () => {
	const names = ['millrace', 'millrace/engine', 'millrace/server', 'millrace/express', 'millrace/testing'];
	const script = `for (const name of ${JSON.stringify(names)}) if (!Object.keys(require(name)).length) throw name;
		const { connect, topic } = require('millrace');
		console.log(typeof connect, typeof topic, require('millrace/package.json').name);`;
	const { stdout } = await run(process.execPath, ['-e', script], { cwd: app, timeout: 30_000 });
	expect(stdout).toBe('function function millrace\n');
});

test('its types reach a project of strict TypeScript', async () => {
	const options = { module: 'nodenext', target: 'es2023', strict: true, noEmit: true, skipLibCheck: true, types: [] };
	writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }));
	copyFileSync(join(import.meta.dirname, 'consumer.txt'), join(app, 'consumer.ts'));
	writeFileSync(join(app, 'package.json'), JSON.stringify({ type: 'module' }));
	const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
	await run(process.execPath, [tsc, '-p', app], { timeout: 60_000 }).catch(({ stdout }) => expect.fail(stdout));
});
