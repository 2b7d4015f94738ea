export const LONG = 'a'.repeat(129);
export const BAD_TOPICS = [
	'',
	LONG,
	'two words',
	'{x}',
	'a:b',
	'../',
	'..',
	'.a',
	'-a',
	'é',
	'🙂',
	'a/b',
	'a\u0000b',
	'__proto__',
];
export const NOT_TOPICS = [null, 7, ['emails'], { a: 1 }, true];
export const NOT_OBJECTS = [null, [], 'text', 1, true];
/** Outside every range: negative, huge, not whole, not numbers. */
export const BAD_NUMBERS = ['-1', '1e300', '1e400', '9007199254740993', '0.5', '"1"', 'null', '[]'];

/** What a message calls a value. */
export function shown(value: unknown): string {
	const text = JSON.stringify(value);
	return text.length <= 80 ? text : text.slice(0, 80);
}
