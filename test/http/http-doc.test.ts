import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startOnSqlite } from './kit.ts';

const page = readFileSync(new URL('../../docs/http.md', import.meta.url), 'utf8');

test('docs/http.md describes every route that there is, and no other', async () => {
	const { app } = await startOnSqlite();
	const described = [...page.matchAll(/^### `([A-Z]+) (\S+)`$/gm)].map(([, method, url]) => `${method} ${url}`);
	const routes = app.printRoutes({ commonPrefix: false, includeHooks: false });
	for (const line of described) {
		const [method = '', url = ''] = line.split(' ');
		const pattern = url.replace(/\{(\w+)\}/g, ':$1');
		expect(app.hasRoute({ method: method as 'GET', url: pattern }), line).toBe(true);
	}
	const served = [...routes.matchAll(/\(([A-Z, ]+)\)/g)].flatMap(([, methods = '']) => methods.split(', '));
	expect(served).toHaveLength(described.length);
});

test('the examples of docs/http.md are JSON', () => {
	const examples = [...page.matchAll(/^```json\n([\s\S]*?)\n```$/gm)];
	expect(examples.length).toBeGreaterThan(15);
	for (const [, text = ''] of examples) expect(() => JSON.parse(text), text).not.toThrow();
});

function hasCurl(): boolean {
	try {
		execFileSync('curl', ['--version']);
		return true;
	} catch {
		return false;
	}
}

test.skipIf(!hasCurl())('the commands of docs/http.md run as they stand, and do what they say', async () => {
	const api = await startOnSqlite();
	const url = await api.listen();
	const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)\n```$/gm)].map(([, text = '']) => text);
	expect(blocks.length).toBeGreaterThan(0);
	const commands = blocks.join('\n').replaceAll('http://127.0.0.1:7420', url);
	// Each answer on a line of its own; a status other than success ends the script.
	const script = `set -e\ncurl() { command curl -sS --fail-with-body -w '\\n' "$@"; }\n${commands}`;
	const { stdout } = await promisify(execFile)('sh', ['-c', script]);
	const answers = stdout
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line));
	const [topic, group, pushed, paused, explained, cancelled, retried, resumed, taken] = answers;
	const [{ id }] = pushed.jobs;
	expect(topic.settings.groups).toEqual({ concurrency: 5 });
	expect([group.settings.weight, paused.paused, resumed.paused]).toEqual([2, true, false]);
	expect(explained.summary).toMatch(/^The job waits: group acme is paused until .*, in 8 h\./);
	expect(cancelled).toMatchObject({ id, state: 'cancelled', history: [{ by: 'ann', error: 'entered twice' }] });
	expect(retried).toMatchObject({ parent: id, data: { order: 18 }, ttlMs: 600_000 });
	expect(taken.jobs).toMatchObject([{ id: retried.id, data: { order: 18 } }]);
});
