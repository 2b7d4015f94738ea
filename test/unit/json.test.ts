import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { asRawJson, items, member, members, Raw, toRawJson, writeJson } from '../../src/core/json.ts';
import { jsonArrayText, jsonObjectText, jsonValueText } from './json-text.ts';

const seeded = { seed: inject('seed'), numRuns: 1_000 };

describe('members', () => {
	test('every member of any object is found, as it is written', () => {
		const property = fc.property(jsonObjectText, ({ text, parts }) => {
			const found = members(asRawJson(text));
			expect(found).toEqual(parts);
			expect(Object.fromEntries(found.map(({ key, value }) => [key, JSON.parse(value)]))).toEqual(JSON.parse(text));
		});
		fc.assert(property, seeded);
	});

	test('an object without members has none', () => {
		for (const text of ['{}', ' {\n}\t']) expect(members(asRawJson(text))).toEqual([]);
	});

	test('quotes and brackets inside strings do not end a value', () => {
		const text = asRawJson('{"a":{"b":"}\\"]"},"c\\\\":["\\\\"]}');
		expect(members(text).map(({ value }) => value)).toEqual(['{"b":"}\\"]"}', '["\\\\"]']);
	});
});

describe('items', () => {
	test('every item of any array is found, as it is written', () => {
		const property = fc.property(jsonArrayText, ({ text, parts }) => {
			const found = items(asRawJson(text));
			expect(found).toEqual(parts.map(({ value }) => value));
			expect(found.map((item) => JSON.parse(item))).toEqual(JSON.parse(text));
		});
		fc.assert(property, seeded);
	});
});

describe('member', () => {
	test('a repeated key gives its last value, as a parser has it', () => {
		const text = asRawJson('{"a":1, "b":2, "\\u0061": 3.0 }');
		expect(member(text, 'a')).toBe('3.0');
		expect(member(text, 'b')).toBe('2');
	});

	test('an absent key gives nothing', () => {
		expect(member(asRawJson('{"a":1}'), 'b')).toBeUndefined();
		expect(member(asRawJson('{}'), 'toString')).toBeUndefined();
	});
});

describe('writeJson', () => {
	test('without raw text it writes what JSON.stringify writes', () => {
		const property = fc.property(fc.jsonValue(), (value) => {
			expect(writeJson(value)).toBe(JSON.stringify(value));
		});
		fc.assert(property, seeded);
	});

	test('raw text is copied, wherever it stands', () => {
		const property = fc.property(jsonValueText, (text) => {
			const raw = new Raw(asRawJson(text));
			expect(writeJson({ a: raw, b: [raw, 1, raw] })).toBe(`{"a":${text},"b":[${text},1,${text}]}`);
			expect(writeJson(raw)).toBe(text);
		});
		fc.assert(property, seeded);
	});

	test('an undefined member is left out, and an undefined item is null', () => {
		expect(writeJson({ a: undefined, b: 1, c: undefined })).toBe('{"b":1}');
		expect(writeJson([undefined, 1])).toBe('[null,1]');
		expect(writeJson(undefined)).toBe('null');
	});
});

test('toRawJson gives a value as text, and null for undefined', () => {
	expect(toRawJson({ a: [1, 'x'] })).toBe('{"a":[1,"x"]}');
	expect(toRawJson(undefined)).toBe('null');
});
