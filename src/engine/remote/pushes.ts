import { MillraceError } from '../../core/errors.ts';
import type { Durability, PushBatch, PushResult } from '../engine.ts';
import { type Answer, durabilityIn } from './answers.ts';
import type { Calls } from './calls.ts';
import { allDone, type BodyBound, inParts } from './parts.ts';
import { type Placed, type PushItem, pushItem, pushRequest } from './push.ts';

interface PushesOptions {
	calls: Calls;
	bound: BodyBound;
	/** Told with every answer what it is worth. */
	onDurability: (durability: Durability) => void;
}

/**
 * The call by which jobs come in. Batches go together in requests as large as the server takes. When it refuses a request for what it
 * holds, the batches go apart until only the one at fault is refused; so do those that had no room in their topic together.
 */
export class Pushes {
	readonly #options: PushesOptions;

	constructor(options: PushesOptions) {
		this.#options = options;
	}

	async push(batches: PushBatch[]): Promise<PushResult[]> {
		this.#options.calls.refuseWhenClosed();
		const results: PushResult[] = [];
		const placed = await allDone(this.#place(batches.map(pushItem)));
		for (const { index, result } of placed.flat()) results[index] = result;
		return results;
	}

	/** What became of the batches; of one that was crowded out first, a second time. */
	async *#place(items: PushItem[]): AsyncGenerator<Placed[]> {
		const { bound } = this.#options;
		const crowded: PushItem[] = [];
		for await (const placed of inParts(items, bound, (part) => this.#send(part), ['INVALID'])) {
			const out = new Set(placed.filter((one) => one.crowded).map(({ index }) => index));
			crowded.push(...items.filter(({ index }) => out.has(index)));
			yield placed;
		}
		yield* inParts(crowded, bound, (part) => this.#send(part, true));
	}

	async #send(items: PushItem[], apart = false): Promise<Placed[]> {
		const { calls, onDurability } = this.#options;
		const { body, read } = pushRequest(items, apart);
		const readAll = (answer: Answer) => ({ placed: read(answer), durability: durabilityIn(answer) });
		let inDoubt = false;
		const onDoubt = () => {
			inDoubt = true;
		};
		const call = { method: 'POST', path: '/v1/push', body, kind: 'repeatable', read: readAll, onDoubt } as const;
		try {
			const { placed, durability } = await calls.run(call);
			onDurability(durability);
			return placed;
		} catch (error) {
			if (!isRefusal(error)) throw error;
			const [item] = items;
			if (items.length === 1 && item !== undefined) return [{ index: item.index, result: refused(item, error) }];
			// Sent apart, these batches would have other keys than in the try that may have been done.
			if (inDoubt) throw new MillraceError('AMBIGUOUS', `${error.message}; an earlier try may have been done`);
			throw error;
		}
	}
}

function isRefusal(error: unknown): error is MillraceError {
	return error instanceof MillraceError && (error.code === 'TOO_LARGE' || error.code === 'INVALID');
}

function refused({ batch, bytes, count }: PushItem, error: MillraceError): PushResult {
	if (error.code === 'TOO_LARGE') {
		const what = count === 1 ? 'A job' : `A push of ${count} jobs, which is stored whole or not at all,`;
		const advice = count === 1 ? 'Push a reference to large data' : 'Push fewer jobs at once';
		const message =
			`${what} for topic ${batch.topic} is ${bytes} bytes as a request, more than the server takes (${error.message}). ` +
			`${advice}, or let the server take larger bodies (--max-body-bytes)`;
		return {
			status: 'refused',
			error: new MillraceError('TOO_LARGE', message, { invalid: { field: 'data', value: bytes } }),
		};
	}
	// The server names the place in its request, of which the caller knows nothing.
	const own = (text: string) => text.replace(/^batches\[0\]\./, '');
	const { message, invalid } = error;
	const details = invalid === undefined ? {} : { invalid: { ...invalid, field: own(invalid.field) } };
	return { status: 'refused', error: new MillraceError('INVALID', own(message), details) };
}
