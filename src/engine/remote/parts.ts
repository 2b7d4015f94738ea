import { type ErrorCode, MillraceError } from '../../core/errors.ts';
import { utf8Length } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';

/** Below a server's default bound on bodies, with room for what stands around a list. */
const MOST_BYTES = 240_000;

/** An entry of a list that goes to the server. */
export interface Sized {
	/** Its share of the body. */
	bytes: number;
	/** How many of the things that a request may hold it brings; one when it does not say. */
	count?: number;
}

/** How large the lists in requests may be, as far as is known: a server may have a bound of its own. */
export class BodyBound {
	#bytes = MOST_BYTES;

	get bytes(): number {
		return this.#bytes;
	}

	/** So much was too much. */
	lower(bytes: number): void {
		this.#bytes = Math.min(this.#bytes, Math.floor(bytes / 2));
	}
}

/** A text with its size. */
export function sized(text: string): Sized & { text: string } {
	return { text, bytes: utf8Length(text) + 1 };
}

/** Texts as one JSON array. */
export function listText(items: { text: string }[]): string {
	return `[${items.map(({ text }) => text).join(',')}]`;
}

/** Cuts items into lists that fit into a request. One that is larger than a request stands alone. */
export function split<T extends Sized>(items: T[], maxBytes: number): T[][] {
	const parts: T[][] = [];
	let [bytes, count] = [0, 0];
	for (const item of items) {
		const more = item.count ?? 1;
		const last = parts.at(-1);
		if (last === undefined || count + more > LIMITS.batch || bytes + item.bytes > maxBytes) {
			parts.push([item]);
			[bytes, count] = [0, 0];
		} else last.push(item);
		bytes += item.bytes;
		count += more;
	}
	return parts;
}

/**
 * Makes the requests of one call, one after the other. A list that the server finds too large is sent again in smaller ones, and
 * later calls begin with those.
 *
 * @param apart refusals after which a list is sent again in halves, so that only the item at fault is refused
 * @throws what a request throws
 */
export async function* inParts<T extends Sized, Result>(
	items: T[],
	bound: BodyBound,
	send: (part: T[], isLast: boolean) => Promise<Result>,
	apart: ErrorCode[] = [],
): AsyncGenerator<Result> {
	let left = split(items, bound.bytes);
	for (let part = left.shift(); part !== undefined; part = left.shift()) {
		let result: Result;
		try {
			result = await send(part, left.length === 0);
		} catch (error) {
			const code = error instanceof MillraceError && part.length > 1 ? error.code : undefined;
			if (code === 'TOO_LARGE') {
				bound.lower(part.reduce((sum, { bytes }) => sum + bytes, 0));
				left = split([...part, ...left.flat()], bound.bytes);
			} else if (code !== undefined && apart.includes(code)) {
				const middle = Math.ceil(part.length / 2);
				left.unshift(part.slice(0, middle), part.slice(middle));
			} else throw error;
			continue;
		}
		yield result;
	}
}

/**
 * The results of all requests of a call that changes something.
 * @throws what a request throws; AMBIGUOUS when an earlier one was done, since then "nothing was done" is not true
 */
export async function allDone<Result>(requests: AsyncGenerator<Result>): Promise<Result[]> {
	const results: Result[] = [];
	try {
		for await (const result of requests) results.push(result);
		return results;
	} catch (error) {
		if (results.length === 0 || !(error instanceof MillraceError) || error.code === 'AMBIGUOUS') throw error;
		const { message, retryAfterMs } = error;
		throw new MillraceError('AMBIGUOUS', `Only a part of the call was done: ${message}`, {
			cause: error,
			retryAfterMs,
		});
	}
}
