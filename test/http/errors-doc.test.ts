import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '../../src/core/errors.ts';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

test('docs/errors.md holds the same table as the code', () => {
	const rows = [...page.matchAll(/^\| ([A-Z_]+) \| (\d+) \| (yes|no) \| (.+) \|$/gm)];
	const table = rows.map(([, code, status, retryable, title]) => [code, Number(status), retryable === 'yes', title]);
	expect(table).toEqual(
		Object.entries(ERROR_CODES).map(([code, { status, retryable, title }]) => [code, status, retryable, title]),
	);
});

test('docs/errors.md has a section for every code, which is what an error points to', () => {
	const sections = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
	expect(sections).toEqual(Object.keys(ERROR_CODES));
});
