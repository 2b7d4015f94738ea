import { items, type Member, members, type RawJson } from '../core/json.ts';
import { pathOf, refuse } from '../core/refuse.ts';

/**
 * The members of an object that Millrace itself reads, as they stand in the text.
 * @throws INVALID for a key that stands twice: two readers could take different values for it
 */
export function envelope(text: RawJson, at = ''): Member[] {
	const found = members(text);
	const seen = new Set<string>();
	for (const { key, value } of found) {
		if (seen.has(key)) throw refuse(pathOf(at, key), 'is given more than once', JSON.parse(value));
		seen.add(key);
	}
	return found;
}

export function rawOf(found: Member[], key: string): RawJson | undefined {
	return found.find((one) => one.key === key)?.value;
}

/**
 * Refuses keys that stand twice, at any depth outside payloads.
 *
 * @param text has passed its schema, so that it nests only as deep as that allows
 * @param payloads keys whose values belong to the caller and may hold anything
 */
export function refuseDuplicates(text: RawJson, payloads: readonly string[] = [], at = ''): void {
	if (text.startsWith('[')) {
		for (const [index, item] of items(text).entries()) refuseDuplicates(item, payloads, pathOf(at, index));
		return;
	}
	if (!/^\s*\{/.test(text)) return;
	for (const { key, value } of envelope(text, at)) {
		if (!payloads.includes(key)) refuseDuplicates(value, payloads, pathOf(at, key));
	}
}
