import { invalid } from '../../core/errors.ts';

/** The place behind the last item of a page, as opaque text. */
export function writeCursor(place: (number | string)[]): string {
	return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** @throws INVALID when the text is not a cursor of two integers, or of any even number of them up to `most`. */
export function readNumbers(cursor: string, most: number): number[] {
	const place = parse(cursor);
	if (!Array.isArray(place) || !place.every((part) => Number.isSafeInteger(part))) throw unreadable(cursor);
	if (place.length < 2 || place.length > most || place.length % 2 === 1) throw unreadable(cursor);
	return place;
}

/** @throws INVALID when the text is not a cursor of one name. */
export function readName(cursor: string): string {
	const place = parse(cursor);
	if (Array.isArray(place) && place.length === 1 && typeof place[0] === 'string') return place[0];
	throw unreadable(cursor);
}

function parse(cursor: string): unknown {
	try {
		return JSON.parse(Buffer.from(cursor, 'base64url').toString());
	} catch {
		throw unreadable(cursor);
	}
}

function unreadable(cursor: string): Error {
	return invalid('cursor', 'must be the nextCursor of the page before', cursor);
}
