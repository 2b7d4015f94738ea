import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);

export const ROOT = join(import.meta.dirname, '../..');

/** The built package as npm would publish it, in a folder of its own. */
export interface Packed {
	dir: string;
	tarball: string;
	remove(): void;
}

export async function pack(): Promise<Packed> {
	const dir = mkdtempSync(join(tmpdir(), 'millrace-pack-'));
	const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', dir], { cwd: ROOT });
	const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
	return { dir, tarball: join(dir, filename), remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** An empty folder into which the package was installed from its tarball. */
export async function install({ dir, tarball }: Packed): Promise<string> {
	const app = join(dir, 'app');
	mkdirSync(app);
	const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
	await run('npm', ['install', tarball, ...quiet], { cwd: app });
	return app;
}

/** Puts the program of docs/quick-start.md into a folder, as `hello.mjs`. */
export function writeQuickStart(app: string): void {
	const text = readFileSync(join(ROOT, 'docs/quick-start.md'), 'utf8');
	const [, program = ''] = /```js\n([\s\S]*?)```/.exec(text) ?? [];
	writeFileSync(join(app, 'hello.mjs'), program);
}
