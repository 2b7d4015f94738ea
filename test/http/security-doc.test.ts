import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SCOPES } from '../../src/core/access.ts';
import { ROUTES } from '../../src/server/access/routes.ts';
import { everyTopic } from '../../src/server/access/topics.ts';

const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');

test('docs/security.md shows what every endpoint needs', () => {
	const rows = [...page.matchAll(/^\| `([A-Z]+ \/\S+)` \| (.+?) \| (.*?) ?\|$/gm)];
	const told = rows.map(([, route, scopes, topics]) => [route, scopes, topics === 'every topic']);
	const held = Object.entries(ROUTES).map(([route, { scopes, topics }]) => [
		route.replace(/:(\w+)/g, '{$1}'),
		scopes.map((scope) => `\`${scope}\``).join(' or ') || 'open',
		topics === everyTopic,
	]);
	expect(told).toEqual(held);
});

test('docs/security.md says what each scope is for', () => {
	const told = [...page.matchAll(/^\| `([a-z]+)` \| .+ \|$/gm)].map(([, scope]) => scope);
	expect(told).toEqual([...SCOPES]);
});
