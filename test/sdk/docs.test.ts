import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import * as sdk from '../../src/sdk/index.ts';
import { connected, ENGINES } from '../support/stores.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/sdk.md'), 'utf8');

/** The examples of the page that print something, with what they say that they print. */
const EXAMPLES = [...PAGE.matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
	.map(([, code = '']) => ({
		code,
		printed: [...code.matchAll(/console\.log\(.*; \/\/ (.+)$/gm)].map(([, text]) => text),
	}))
	.filter(({ printed }) => printed.length > 0)
	.map((example) => ({ ...example, first: example.code.split('\n')[0] }));

const [store] = ENGINES;

test.each(EXAMPLES)(
	'docs/sdk.md: the example that begins with $first prints what it says',
	async ({ code, printed }) => {
		const client = connected((await store?.url()) ?? 'memory:');
		const lines: string[] = [];
		const log = (...values: unknown[]) => {
			lines.push(values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' '));
		};
		const names = { ...sdk, client, console: { log } };
		// biome-ignore lint/complexity/useArrowFunction: an async arrow function has the same constructor and would be called no less.
		const AsyncFunction = async function () {}.constructor as FunctionConstructor;
		await AsyncFunction(...Object.keys(names), code)(...Object.values(names));
		expect(lines).toEqual(printed);
	},
);

test('the page has such examples', () => {
	expect(EXAMPLES.length).toBeGreaterThanOrEqual(5);
});
