import { Access } from '../../core/access.ts';
import type { Clock } from '../../core/clock.ts';
import type { Collection } from '../../engine/engine.ts';
import type { ServerLog } from '../context.ts';
import { Bucket } from './bucket.ts';
import type { Caller } from './caller.ts';
import { checkRootKey, hashOf, idIn, isSame, ROOT, readKey } from './key.ts';

/** A key in force. */
export interface Held extends Caller {
	access: Access;
	hash: Buffer;
	/** By the store's clock; null for never. */
	expiresAt: number | null;
	/** What is left of its rate; null for a key without one. */
	bucket: Bucket | null;
}

/** Keys older than this are read again behind the next request; */
const FRESH_MS = 2_000;
/** and older than this before it, unless the store has just failed: a key that was revoked is refused within 5 s everywhere. */
const OLDEST_MS = 4_000;
/** A store that has not answered by then is taken for away: a request has only so much time, and its own call is still to come. */
const PATIENCE_MS = 1_000;
/** How often a key that nobody knows makes a server look whether it is a new one. */
const LOOK_MS = 1_000;

interface RingOptions {
	keys: Collection | null;
	rootKey: string | undefined;
	clock: Clock;
	log: ServerLog;
}

/**
 * The keys of the store as this server knows them. They are read again every two seconds while requests come; while the store is away
 * those known last hold. Once there has been a key it never falls open again: revoked ones count too.
 */
export class KeyRing {
	readonly #options: RingOptions;
	readonly #root: Held | undefined = undefined;
	#held = new Map<string, Held>();
	#hasKeys = false;
	#isKnown = false;
	/** Store's clock less this process's. */
	#offset = 0;
	#triedAt = Number.NEGATIVE_INFINITY;
	#readAt = Number.NEGATIVE_INFINITY;
	#isFailing = false;
	#reading: Promise<void> | null = null;

	/** @throws INVALID for a root key that is too short, or could not be sent */
	constructor(options: RingOptions) {
		const { rootKey } = options;
		this.#options = options;
		if (rootKey === undefined) return;
		checkRootKey(rootKey);
		const access = new Access({ allow: ['admin:*'], deny: [] });
		this.#root = { id: ROOT, name: ROOT, hash: hashOf(rootKey), expiresAt: null, access, bucket: null };
	}

	/** Whether requests need a key. */
	get isEnforced(): boolean {
		return this.#root !== undefined || this.#hasKeys;
	}

	/** Whether requests need no key, and that is known well enough to ask nobody. */
	get isOpen(): boolean {
		return !this.isEnforced && performance.now() - this.#readAt < FRESH_MS;
	}

	/**
	 * Makes sure that what is known is fresh enough.
	 * @throws UNAVAILABLE … when the keys have never been read and cannot be: then nobody knows who may do what
	 */
	async freshen(): Promise<void> {
		const age = performance.now() - this.#readAt;
		if (age < FRESH_MS) return;
		if (!this.#isKnown) return this.read();
		const isDue = performance.now() - this.#triedAt >= FRESH_MS;
		if (!isDue && this.#reading === null) return;
		const read = this.read().catch(() => {});
		if (age >= OLDEST_MS && !this.#isFailing) await orAfter(read, PATIENCE_MS);
	}

	/**
	 * The key in force that a secret is of.
	 * @param triesRoot false to pass over the server's own, which was chosen by somebody and may be guessed
	 */
	async find(secret: string, triesRoot = true): Promise<Held | undefined> {
		const hash = hashOf(secret);
		if (triesRoot && this.#root !== undefined && isSame(this.#root.hash, hash)) return this.#root;
		const id = idIn(secret);
		if (id === undefined) return undefined;
		if (!this.#held.has(id) && performance.now() - this.#triedAt >= LOOK_MS) await this.read().catch(() => {});
		const held = this.#held.get(id);
		return held !== undefined && isSame(held.hash, hash) && this.isInForce(held.id) ? held : undefined;
	}

	isInForce(id: string): boolean {
		if (id === this.#root?.id) return true;
		const held = this.#held.get(id);
		return held !== undefined && (held.expiresAt === null || held.expiresAt > this.#options.clock() + this.#offset);
	}

	/** Reads the keys now; calls that come meanwhile share one reading. */
	read(): Promise<void> {
		this.#reading ??= this.#read().finally(() => {
			this.#reading = null;
		});
		return this.#reading;
	}

	/** Follows a change that this server has made itself. */
	async reread(): Promise<void> {
		// A reading under way may have begun before the change.
		await this.#reading?.catch(() => {});
		await this.read().catch(() => {});
	}

	async #read(): Promise<void> {
		this.#triedAt = performance.now();
		try {
			await this.#readStore();
			this.#readAt = this.#triedAt;
			this.#isFailing = false;
			this.#isKnown = true;
		} catch (error) {
			if (!this.#isFailing) this.#options.log.warn({ err: error }, 'the keys could not be read; those known last hold');
			this.#isFailing = true;
			throw error;
		}
	}

	async #readStore(): Promise<void> {
		const { keys, clock } = this.#options;
		// A store without keys is asked no more than this.
		if (keys === null || (!this.#hasKeys && (await keys.count()) === 0)) return;
		const { documents, now } = await keys.open();
		this.#held = new Map(documents.map((document) => [document.id, heldOf(document, this.#held.get(document.id))]));
		this.#offset = now - clock();
		this.#hasKeys = true;
	}
}

/** @param before the same key as it was read last: its bucket goes on */
function heldOf(document: Parameters<typeof readKey>[0], before: Held | undefined): Held {
	const { id, name, hash, expiresAt, allow, deny, rate } = readKey(document);
	const bucket = before?.bucket ?? (rate === undefined ? null : new Bucket(rate, performance.now()));
	return { id, name, hash: Buffer.from(hash, 'hex'), expiresAt, access: new Access({ allow, deny }), bucket };
}

async function orAfter(work: Promise<void>, ms: number): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, ms);
	});
	await Promise.race([work, late]);
	clearTimeout(timer);
}
