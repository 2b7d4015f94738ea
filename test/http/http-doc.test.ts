import { readFileSync } from 'node:fs';
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
