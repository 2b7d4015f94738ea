import { invalid } from '../../core/errors.ts';

/** A cursor is where the page ended, as the scripts want it back. */
export function encodeCursor(parts: string[]): string {
	return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/**
 * The parts of a cursor, of which the first is a number; none for the first page.
 * @throws INVALID for an unreadable one
 */
export function decodeCursor(cursor: string | null, length: number): string[] {
	if (cursor === null) return [];
	const parts = partsOf(cursor);
	if (parts?.length === length && Number.isFinite(Number(parts[0]))) return parts;
	throw unreadable(cursor);
}

/**
 * The last name of the page before, where lists go by name; null for the first page.
 * @throws INVALID for an unreadable one
 */
export function decodeName(cursor: string | null): string | null {
	if (cursor === null) return null;
	const [name, ...more] = partsOf(cursor) ?? [];
	if (name === undefined || more.length > 0) throw unreadable(cursor);
	return name;
}

function partsOf(cursor: string): string[] | undefined {
	try {
		const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
		return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : undefined;
	} catch {
		return undefined;
	}
}

function unreadable(cursor: string): Error {
	return invalid('cursor', 'must be the nextCursor of an earlier page of the same list', cursor);
}
