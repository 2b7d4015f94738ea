import { items, members, type RawJson } from '../core/json.ts';
import { pathOf, refuse } from '../core/refuse.ts';

/**
 * Refuses the first key that stands twice in one object, and says where: two readers could take different values for it.
 *
 * @param text nests no deeper than a body may
 * @throws INVALID
 */
export function refuseDuplicates(text: RawJson, at = ''): void {
	if (/^\s*\[/.test(text)) {
		for (const [index, item] of items(text).entries()) refuseDuplicates(item, pathOf(at, index));
		return;
	}
	if (!/^\s*\{/.test(text)) return;
	const seen = new Set<string>();
	for (const { key, value } of members(text)) {
		if (seen.has(key)) throw refuse(pathOf(at, key), 'is given more than once', JSON.parse(value));
		seen.add(key);
		refuseDuplicates(value, pathOf(at, key));
	}
}
