import { MillraceError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';

/** What one request carries at most, in characters: three bytes each, it is still below a server's default bound on bodies. */
export const MAX_BODY_CHARS = 80_000;

/** Cuts texts into lists that fit into a request. One that is longer than a request stands alone. */
export function split<T extends { text: string }>(items: T[]): T[][] {
	const parts: T[][] = [];
	let chars = 0;
	for (const item of items) {
		const last = parts.at(-1);
		if (last === undefined || last.length === LIMITS.batch || chars + item.text.length > MAX_BODY_CHARS) {
			parts.push([item]);
			chars = 0;
		} else last.push(item);
		chars += item.text.length + 1;
	}
	return parts;
}

/** Texts as one JSON array. */
export function listText(items: { text: string }[]): string {
	return `[${items.map(({ text }) => text).join(',')}]`;
}

/**
 * Makes the requests of one call, one after the other.
 * @throws what a request throws; AMBIGUOUS when an earlier one was done, since then "nothing was done" is not true
 */
export async function inTurn<Part, Result>(parts: Part[], send: (part: Part) => Promise<Result>): Promise<Result[]> {
	const results: Result[] = [];
	for (const part of parts) {
		try {
			results.push(await send(part));
		} catch (error) {
			if (results.length === 0 || !(error instanceof MillraceError) || error.code === 'AMBIGUOUS') throw error;
			const { message, retryAfterMs } = error;
			const told = `Only a part of the call was done: ${message}`;
			throw new MillraceError('AMBIGUOUS', told, { cause: error, retryAfterMs });
		}
	}
	return results;
}
