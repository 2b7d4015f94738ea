declare const raw: unique symbol;

/** JSON text that has been parsed once to check it, and is carried as it was written from then on. */
export type RawJson = string & { readonly [raw]: true };

/** Marks text as JSON. Only for text that a parser has accepted. */
export function asRawJson(text: string): RawJson {
	return text as RawJson;
}

/** A value as JSON text; undefined becomes null. */
export function toRawJson(value: unknown): RawJson {
	return (JSON.stringify(value) ?? 'null') as RawJson;
}

const encoder = new TextEncoder();

/** Bytes of a text in UTF-8. Not Buffer's: the core runs where there is none. */
export function utf8Length(text: string): number {
	return encoder.encode(text).length;
}

/** JSON text inside a larger answer: `writeJson` copies it instead of printing it again. */
export class Raw {
	readonly text: RawJson;
	constructor(text: RawJson) {
		this.text = text;
	}
}

/**
 * `JSON.stringify` that can hold raw text: 9007199254740993, 1.0 and [] leave as they came.
 * For plain objects, arrays and primitives; an undefined member is left out.
 */
export function writeJson(value: unknown): string {
	if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
	if (value instanceof Raw) return value.text;
	if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`;
	let text = '';
	for (const [key, member] of Object.entries(value)) {
		if (member === undefined) continue;
		text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${writeJson(member)}`;
	}
	return `{${text}}`;
}

/** One member of an object as it stands in the text. */
export interface Member {
	key: string;
	/** `"key": value` as written. */
	text: string;
	value: RawJson;
}

// The scanners below read text that JSON.parse has already accepted, so they only have to find where values end.

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;

function isSpace(code: number): boolean {
	return code === 32 || code === 10 || code === 13 || code === 9;
}

function skipSpace(text: string, at: number): number {
	let i = at;
	while (isSpace(text.charCodeAt(i))) i++;
	return i;
}

/** From an opening quote to just behind the closing one. */
function skipString(text: string, at: number): number {
	let end = text.indexOf('"', at + 1);
	while (true) {
		let backslashes = 0;
		while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
		if (backslashes % 2 === 0) return end + 1;
		end = text.indexOf('"', end + 1);
	}
}

function isOpening(code: number): boolean {
	return code === 123 || code === 91;
}

function isClosing(code: number): boolean {
	return code === 125 || code === 93;
}

function skipNested(text: string, at: number): number {
	let depth = 0;
	let i = at;
	while (true) {
		const code = text.charCodeAt(i);
		if (code === QUOTE) {
			i = skipString(text, i);
			continue;
		}
		if (isOpening(code)) depth++;
		else if (isClosing(code) && --depth === 0) return i + 1;
		i++;
	}
}

function skipValue(text: string, at: number): number {
	const first = text.charCodeAt(at);
	if (first === QUOTE) return skipString(text, at);
	if (isOpening(first)) return skipNested(text, at);
	let i = at;
	while (i < text.length) {
		const code = text.charCodeAt(i);
		if (code === COMMA || isClosing(code) || isSpace(code)) break;
		i++;
	}
	return i;
}

/** The members of the object that `text` holds, in order, values untouched. Duplicate keys are all listed. */
export function members(text: RawJson): Member[] {
	const found: Member[] = [];
	let i = skipSpace(text, skipSpace(text, 0) + 1);
	while (text.charCodeAt(i) === QUOTE) {
		const keyEnd = skipString(text, i);
		const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
		const end = skipValue(text, start);
		const key: string = JSON.parse(text.slice(i, keyEnd));
		found.push({ key, text: text.slice(i, end), value: text.slice(start, end) as RawJson });
		i = skipSpace(text, end);
		if (text.charCodeAt(i) === COMMA) i = skipSpace(text, i + 1);
	}
	return found;
}

/** The items of the array that `text` holds, untouched. */
export function items(text: RawJson): RawJson[] {
	const found: RawJson[] = [];
	let i = skipSpace(text, skipSpace(text, 0) + 1);
	while (!isClosing(text.charCodeAt(i))) {
		const end = skipValue(text, i);
		found.push(text.slice(i, end) as RawJson);
		i = skipSpace(text, end);
		if (text.charCodeAt(i) === COMMA) i = skipSpace(text, i + 1);
	}
	return found;
}

/** The value of one of these members, as written. */
export function rawOf(found: Member[], key: string): RawJson | undefined {
	return found.find((one) => one.key === key)?.value;
}

/** The value of one member, as written; the last one when the key repeats, as JSON.parse has it. */
export function member(text: RawJson, key: string): RawJson | undefined {
	return members(text).findLast((found) => found.key === key)?.value;
}

/** How text that a parser has accepted is built. */
export interface Shape {
	/** How deep arrays and objects nest. */
	depth: number;
	/** Members of all its objects together, those with a repeated key as well. */
	members: number;
}

const COLON = 58;

/** One look at each character, none into strings. */
export function shapeOf(text: RawJson): Shape {
	let [depth, deepest, members] = [0, 0, 0];
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code === QUOTE) i = skipString(text, i) - 1;
		else if (code === COLON) members++;
		else if (isClosing(code)) depth--;
		else if (isOpening(code) && ++depth > deepest) deepest = depth;
	}
	return { depth: deepest, members };
}

/** Members of all objects in a parsed value: fewer than its text has where a key stands twice. */
export function countMembers(value: unknown): number {
	let count = 0;
	const left = [value];
	for (let next = left.pop(); next !== undefined; next = left.pop()) {
		if (typeof next !== 'object' || next === null) continue;
		const inside = Object.values(next);
		if (!Array.isArray(next)) count += inside.length;
		for (const one of inside) if (typeof one === 'object') left.push(one);
	}
	return count;
}

/** Whether it nests deeper; a text that is too short to is not looked at. */
export function isDeeperThan(text: RawJson, most: number): boolean {
	return text.length > 2 * most && shapeOf(text).depth > most;
}
