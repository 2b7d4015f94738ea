import { ID_PATTERN, isTopic, parseId, TOPIC_PATTERN } from './ids.ts';
import { LIMITS } from './limits.ts';
import { pathOf, refuse, unknownField } from './refuse.ts';

/** What is right in one field, and how to say so. A schema made of a rule and a check by it say the same. */
export interface Rule {
	expected: string;
	allows: (value: unknown) => boolean;
	/** What of a text's rule JSON Schema can say, for the published description of the API. */
	json?: TextKeywords;
}

/** Keywords of JSON Schema. Lengths are in code points, patterns are read with the flag `u`. */
export interface TextKeywords {
	minLength?: number;
	maxLength?: number;
	pattern?: string;
}

/** @throws INVALID */
export function check(field: string, value: unknown, { expected, allows }: Rule): void {
	if (!allows(value)) throw refuse(field, expected, value);
}

export function checkOptional(field: string, value: unknown, rule: Rule): void {
	if (value !== undefined) check(field, value, rule);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws INVALID for what is no object, and for a field that is not one of these */
export function checkObject(field: string, value: unknown, known: readonly string[]): void {
	if (!isRecord(value)) throw refuse(field, 'must be an object', value);
	const stranger = Object.keys(value).find((key) => !known.includes(key));
	if (stranger !== undefined) throw unknownField(pathOf(field, stranger), known, value[stranger]);
}

export function integer(least: number, most: number): Rule {
	return {
		expected: `must be an integer from ${least} to ${most}`,
		allows: (value) => Number.isInteger(value) && isWithin(value, least, most),
	};
}

export function isWithin(value: unknown, least: number, most: number): boolean {
	return typeof value === 'number' && least <= value && value <= most;
}

export function oneOf(words: readonly string[]): Rule {
	return {
		expected: `must be one of ${words.join(', ')}`,
		allows: (value) => typeof value === 'string' && words.includes(value),
	};
}

/** Names are shown to people and stored as keys, so they must survive both: no lone surrogates, no control characters. */
export function isPrintable(text: string): boolean {
	return text !== '' && !/[\p{Cc}\p{Cs}]/u.test(text);
}

/** Characters are code points, as in JSON Schema: half of one is none. */
function isWithinLength(text: string, most: number): boolean {
	return text.length <= most || (text.length <= 2 * most && [...text].length <= most);
}

/** What `isPrintable` says. */
export const PRINTABLE = '^[^\\p{Cc}\\p{Cs}]+$';

function printable(most: number): Rule {
	return {
		expected: `must be text of 1 to ${most} characters without control characters`,
		allows: (value) => typeof value === 'string' && isWithinLength(value, most) && isPrintable(value),
		json: { minLength: 1, maxLength: most, pattern: PRINTABLE },
	};
}

/** A worker, or who cancels a job. */
export const NAME = printable(LIMITS.nameLength);

export const TAG = printable(LIMITS.tagLength);

export const UNIQUE_KEY = printable(LIMITS.keyLength);

/** What a push may ask for beyond what the store does for every push. */
export const ASKED_DURABILITY: Rule = {
	expected: 'must be replicated, or absent',
	allows: (value) => value === 'replicated',
};

/** Why somebody does something, in free words. */
export const WORDS: Rule = {
	expected: `must be text of 1 to ${LIMITS.reasonLength} characters`,
	allows: (value) => typeof value === 'string' && value !== '' && isWithinLength(value, LIMITS.reasonLength),
	json: { minLength: 1, maxLength: LIMITS.reasonLength },
};

export const TOPIC: Rule = {
	expected: `must be 1 to ${LIMITS.topicLength} of A–Z a–z 0–9 . _ - and start with a letter or digit`,
	allows: (value) => typeof value === 'string' && isTopic(value),
	json: { pattern: TOPIC_PATTERN },
};

export const JOB_ID: Rule = {
	expected: 'must be a job id like emails:1732616363278',
	allows: (value) => typeof value === 'string' && parseId(value) !== undefined,
	json: { pattern: ID_PATTERN },
};
