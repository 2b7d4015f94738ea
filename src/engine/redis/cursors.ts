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
	try {
		const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
		const fits = Array.isArray(parts) && parts.length === length && parts.every((part) => typeof part === 'string');
		if (fits && Number.isFinite(Number(parts[0]))) return parts as string[];
	} catch {}
	throw invalid('cursor', 'must be the nextCursor of an earlier page of the same list', cursor);
}
