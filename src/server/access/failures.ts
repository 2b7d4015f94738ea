import { isIPv6 } from 'node:net';
import { Bucket, type RequestRate } from './bucket.ts';

/** Generous, since a proxy before the server gives all its callers one address. */
export const FAILURES: RequestRate = { limit: 120, perMs: 60_000 };
/** Of more addresses the oldest are forgotten. */
const MOST_ADDRESSES = 10_000;

/** Counts keys that were not good, by the address that they came from. */
export class Failures {
	readonly #buckets = new Map<string, Bucket>();

	/** How long until the address may fail again, in ms; 0 for now. */
	waitMs(address: string, now: number): number {
		return this.#buckets.get(blockOf(address))?.waitMs(now) ?? 0;
	}

	count(address: string, now: number): void {
		const block = blockOf(address);
		const bucket = this.#buckets.get(block) ?? new Bucket(FAILURES, now);
		bucket.take(now);
		this.#buckets.set(block, bucket);
		const [oldest] = this.#buckets.keys();
		if (this.#buckets.size > MOST_ADDRESSES && oldest !== undefined) this.#buckets.delete(oldest);
	}
}

/** Who has one IPv6 address has 2^64 of them. */
function blockOf(address: string): string {
	if (!isIPv6(address) || address.includes('.')) return address;
	const [head = '', tail = ''] = address.split('%', 1).join('').split('::');
	const [front, back] = [head, tail].map((part) => part.split(':').filter((group) => group !== ''));
	const zeros = Array.from({ length: Math.max(0, 8 - (front?.length ?? 0) - (back?.length ?? 0)) }, () => '0');
	return [...(front ?? []), ...(address.includes('::') ? zeros : []), ...(back ?? [])].slice(0, 4).join(':');
}
