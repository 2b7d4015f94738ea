import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { checkId, checkTopic, formatId, isTopic, parseId } from '../../src/core/ids.ts';
import { LIMITS } from '../../src/core/limits.ts';

const seeded = { seed: inject('seed'), numRuns: 500 };

const topic = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

describe('an id', () => {
	test('is read back as it was made', () => {
		const property = fc.property(topic, number, (name, n) => {
			expect(parseId(formatId(name, n))).toEqual({ topic: name, number: n });
		});
		fc.assert(property, seeded);
	});

	test('looks like that of the first servers', () => {
		expect(formatId('emails', 1732616363278)).toBe('emails:1732616363278');
	});

	test('has one spelling: any text that is read gives itself when it is written', () => {
		const near = fc.oneof(
			fc.string(),
			fc.tuple(topic, fc.string({ unit: fc.constantFrom(...'0129 .:-+eé') })).map((parts) => parts.join(':')),
		);
		const property = fc.property(near, (text) => {
			const id = parseId(text);
			if (id !== undefined) expect(formatId(id.topic, id.number)).toBe(text);
		});
		fc.assert(property, seeded);
	});

	const malformed = [
		...['', ':', 'emails', 'emails:', ':1', 'emails:0', 'emails:-1', 'emails:1.5', 'emails:01', 'emails:1e3'],
		...['emails:1 ', ' emails:1', 'emails:1\n', 'emails:1:2', 'emails:1.3', 'e mails:1', '.a:1', 'é:1', 'emails:١'],
		...[`${'x'.repeat(129)}:1`, 'emails:9007199254740992', 'emails:99999999999999999999', 'emails:0x10'],
	];

	test.each(malformed)('is not %j', (text) => {
		expect(parseId(text)).toBeUndefined();
		expect(() => checkId(text)).toThrow(expect.objectContaining({ code: 'INVALID' }));
	});

	test('that is no text at all is refused, and the message names the field', () => {
		expect(() => checkId(7, 'ids[2]')).toThrow(/^ids\[2\] must be a job id .* received 7$/);
		expect(() => checkId(undefined)).toThrow(/received nothing$/);
	});
});

describe('a topic', () => {
	test('may be up to 128 letters, digits, dots, dashes and underscores', () => {
		for (const name of ['a', '0', 'A.b-c_D', 'x'.repeat(LIMITS.topicLength)]) {
			expect(isTopic(name)).toBe(true);
			expect(checkTopic(name)).toBe(name);
		}
	});

	test('is nothing else', () => {
		for (const name of ['', '.a', '-a', '_a', 'a b', 'a:b', 'a/b', 'é', 'a\n', 'x'.repeat(LIMITS.topicLength + 1)]) {
			expect(isTopic(name)).toBe(false);
			expect(() => checkTopic(name)).toThrow(expect.objectContaining({ code: 'INVALID', status: 400 }));
		}
		expect(() => checkTopic(null)).toThrow(/received null$/);
	});
});
