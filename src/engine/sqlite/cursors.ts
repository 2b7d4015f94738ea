import { invalid } from '../../core/errors.ts';

/** The place behind the last item of a page. */
export type Place = (number | string)[];
export type PlaceShape = ('number' | 'string')[];

export function writeCursor(place: Place): string {
	return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** @throws INVALID when the text is not a cursor of this shape. */
export function readCursor(cursor: string, shape: PlaceShape): Place {
	const place = parse(cursor);
	if (!Array.isArray(place) || place.length !== shape.length) throw unreadable(cursor);
	const fits = place.every((part, index) => typeof part === shape[index] && isWhole(part));
	if (!fits) throw unreadable(cursor);
	return place;
}

function isWhole(part: unknown): boolean {
	return typeof part !== 'number' || Number.isSafeInteger(part);
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
