import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { pack, ROOT, run } from './installed.ts';

/** Runs one of this project's development tools; fails with what it printed. */
async function tool(name: string, args: string[]): Promise<string> {
	const bin = join(ROOT, 'node_modules/.bin', name);
	const { stdout } = await run(bin, args, { cwd: ROOT, timeout: 60_000 }).catch((error) =>
		expect.fail(`${name}: ${error.stdout}${error.stderr}`),
	);
	return stdout;
}

test('publint and are-the-types-wrong find nothing', async () => {
	const packed = await pack();
	onTestFinished(() => packed.remove());
	expect(await tool('publint', [packed.tarball, '--strict'])).toContain('All good!');
	// ESM only: CommonJS reaches it through require(esm), which the types of Node's older modes know nothing of.
	expect(await tool('attw', [packed.tarball, '--profile', 'esm-only'])).toContain('"millrace/testing"');
});
