import { parseId } from '../../core/ids.ts';
import type { Lease, Outcome } from '../engine.ts';
import { type Sized, sized } from './parts.ts';

/** An item as JSON, and where its result belongs. */
export interface Item extends Sized {
	index: number;
	text: string;
}

/** What the server can be asked about: it refuses a request that names what could not be an id. The others are missing. */
export function addressed<T extends { id: string }>(items: T[], textOf: (item: T) => string): Item[] {
	return items.flatMap((item, index) => (parseId(item.id) === undefined ? [] : [{ index, ...sized(textOf(item)) }]));
}

/** Results at the index of their item; `missing` for those that the server was not asked about. */
export function scattered<R>(count: number, items: Item[], results: R[]): (R | { status: 'missing' })[] {
	const all: (R | { status: 'missing' })[] = Array.from({ length: count }, () => ({ status: 'missing' }));
	for (const [place, { index }] of items.entries()) all[index] = results[place] ?? { status: 'missing' };
	return all;
}

/** An outcome with what goes with it. A retry without `delayMs` is the server's to delay, by the job's backoff. */
export function outcomeText({ id, token, outcome, delayMs, result, error, reason, parkMs }: Outcome): string {
	let text = `{"id":${JSON.stringify(id)},"token":${token},"outcome":"${outcome}"`;
	if (outcome === 'complete' && result !== undefined) text += `,"result":${result}`;
	if ((outcome === 'retry' || outcome === 'kill') && error !== undefined) text += `,"error":${error}`;
	if ((outcome === 'retry' || outcome === 'release') && delayMs !== undefined) text += `,"delayMs":${delayMs}`;
	if (outcome === 'kill' && reason !== undefined) text += `,"reason":${JSON.stringify(reason)}`;
	if (parkMs !== undefined) text += `,"parkMs":${parkMs}`;
	return `${text}}`;
}

export function leaseText({ id, token, progress, started }: Lease): string {
	let text = `{"id":${JSON.stringify(id)},"token":${token}`;
	if (progress !== undefined) text += `,"progress":${progress}`;
	if (started !== undefined) text += `,"started":${started}`;
	return `${text}}`;
}
