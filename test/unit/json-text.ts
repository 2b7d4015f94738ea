import fc from 'fast-check';

/** Random JSON as text: with spaces anywhere, escapes of every kind, repeated keys and numbers that no printer writes. */

/** An array or an object with the texts of its parts, for comparing slices. */
export interface Composite {
	text: string;
	parts: { key: string; text: string; value: string }[];
}

const space = fc.array(fc.constantFrom(' ', '\n', '\t', '\r'), { maxLength: 2 }).map((parts) => parts.join(''));

const piece = fc.constantFrom(
	...['a', 'id', ' ', 'é', '😀', '{', '}', '[', ']', ',', ':', '/', '\u2028', '\u007f'],
	...['\\"', '\\\\', '\\/', '\\n', '\\t', '\\b', '\\u0041', '\\u0022', '\\u005c', '\\ud83d\\ude00', '\\ud800'],
);

const stringText = fc.array(piece, { maxLength: 6 }).map((pieces) => `"${pieces.join('')}"`);

const plainText = fc.constantFrom(
	...['null', 'true', 'false', '0', '-0', '1.0', '-12.50E+3', '1e5', '9007199254740993', '0.1'],
);

const { value } = fc.letrec<{ value: string; array: Composite; object: Composite }>((tie) => ({
	value: fc.oneof(
		{ depthSize: 'small', withCrossShrink: true },
		plainText,
		stringText,
		tie('array').map(({ text }) => text),
		tie('object').map(({ text }) => text),
	),
	array: arrayOf(tie('value')),
	object: objectOf(tie('value')),
}));

function arrayOf(item: fc.Arbitrary<string>): fc.Arbitrary<Composite> {
	return fc.tuple(space, fc.array(fc.tuple(space, item, space), { maxLength: 5 })).map(([inside, items]) => {
		const texts = items.map(([before, text, after]) => before + text + after);
		const parts = items.map(([, text]) => ({ key: '', text, value: text }));
		return { text: `[${texts.length === 0 ? inside : texts.join(',')}]`, parts };
	});
}

function objectOf(member: fc.Arbitrary<string>): fc.Arbitrary<Composite> {
	const entry = fc.tuple(space, stringText, space, space, member, space);
	return fc.tuple(space, fc.array(entry, { maxLength: 5 })).map(([inside, entries]) => {
		const parts = entries.map(([, key, before, after, text]) => {
			return { key: JSON.parse(key), text: `${key}${before}:${after}${text}`, value: text };
		});
		const texts = entries.map(([before, , , , , after], index) => before + (parts[index]?.text ?? '') + after);
		return { text: `{${texts.length === 0 ? inside : texts.join(',')}}`, parts };
	});
}

const around = (composite: fc.Arbitrary<Composite>) =>
	fc.tuple(space, composite, space).map(([before, { text, parts }, after]) => ({ text: before + text + after, parts }));

export const jsonValueText = value;
export const jsonArrayText = around(arrayOf(value));
export const jsonObjectText = around(objectOf(value));
