import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES, invalid, isMillraceError, MillraceError, describe as show } from '../../src/core/errors.ts';

/** The rows of the table in docs/errors.md: code, status, retryable, meaning. */
function documented(): string[][] {
	const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
	const rows = page.split('\n').filter((line) => /^\|\s*`?[A-Z_]+`?\s*\|/.test(line));
	return rows.map((row) =>
		row
			.split('|')
			.slice(1, -1)
			.map((cell) => cell.trim().replaceAll('`', '')),
	);
}

describe('docs/errors.md', () => {
	test('lists every code once, with its status and whether it may be retried', () => {
		const expected = Object.entries(ERROR_CODES).map(([code, { status, retryable }]) => {
			return [code, String(status), retryable ? 'yes' : 'no'];
		});
		const told = documented().map(([code, status, retryable]) => [code, status, retryable]);
		expect(told.sort()).toEqual(expected.sort());
	});

	test('says of every code what it means', () => {
		for (const [code, , , meaning] of documented()) expect(meaning, code).toMatch(/\w{3}/);
	});
});

describe('MillraceError', () => {
	test('takes status and retryable from the table', () => {
		for (const [code, { status, retryable }] of Object.entries(ERROR_CODES)) {
			const error = new MillraceError(code as keyof typeof ERROR_CODES, 'text');
			expect(error).toMatchObject({ name: 'MillraceError', code, status, retryable, message: 'text' });
		}
	});

	test('keeps its cause', () => {
		const cause = new Error('deep');
		expect(new MillraceError('UNAVAILABLE', 'text', { cause }).cause).toBe(cause);
		expect('cause' in new MillraceError('UNAVAILABLE', 'text')).toBe(false);
	});

	test('is known across copies of the package, by its brand', () => {
		expect(isMillraceError(new MillraceError('CLOSED', 'text'))).toBe(true);
		expect(isMillraceError({ [Symbol.for('millrace.error')]: true })).toBe(true);
		for (const other of [new Error('text'), null, undefined, 'CLOSED', { code: 'CLOSED' }]) {
			expect(isMillraceError(other)).toBe(false);
		}
	});
});

describe('a refused input', () => {
	test('names the field, what was expected and what came', () => {
		const error = invalid('jobs[0].priority', 'must be an integer', 'high');
		expect(error.message).toBe('jobs[0].priority must be an integer, received "high"');
		expect(error).toMatchObject({ code: 'INVALID', invalid: { field: 'jobs[0].priority', value: 'high' } });
	});

	test('is shown short, whatever it is', () => {
		expect(show(undefined)).toBe('nothing');
		expect(show(null)).toBe('null');
		expect(show({ a: [1] })).toBe('{"a":[1]}');
		expect(show(Symbol('x'))).toBe('Symbol(x)');
		expect(show('x'.repeat(500))).toMatch(/^"x{79}… \(502 characters\)$/);
	});
});
