import { invalid } from '../../src/core/errors.ts';
import type { RawJson } from '../../src/core/json.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { PageQuery } from '../../src/core/operation.ts';
import type { Document, Documents, LogEntry } from '../../src/engine/engine.ts';

/** The documents of the reference model: two arrays, the oldest first. */
export class MemoryDocuments implements Documents {
	readonly #now: () => number;
	#documents: Document[] = [];
	#log: (LogEntry & { number: number })[] = [];
	#logged = 0;
	/** Every document ever stored has its number, by which pages go. */
	readonly #numbers = new Map<string, number>();

	/** @param now the store's time; throws when the store is closed */
	constructor(now: () => number) {
		this.#now = now;
	}

	async open(): Promise<{ documents: Document[]; now: number }> {
		return { now: this.#now(), documents: this.#documents.filter(({ open }) => open) };
	}

	async save(document: Document, entry?: RawJson): Promise<boolean> {
		this.#now();
		const index = this.#documents.findIndex(({ id }) => id === document.id);
		if ((this.#documents[index]?.version ?? 0) !== document.version - 1) return false;
		if (index === -1) {
			this.#documents.push({ ...document });
			this.#numbers.set(document.id, this.#numbers.size + 1);
		} else this.#documents[index] = { ...document };
		const closed = this.#documents.filter(({ open }) => !open);
		const gone = closed.slice(0, Math.max(0, closed.length - LIMITS.keptDocuments));
		this.#documents = this.#documents.filter((one) => !gone.includes(one));
		if (entry !== undefined) await this.append(entry);
		return true;
	}

	async get(id: string): Promise<Document | null> {
		this.#now();
		return this.#documents.find((one) => one.id === id) ?? null;
	}

	async list(query: PageQuery) {
		this.#now();
		const numbered = this.#documents.map((one) => ({ one, number: this.#numbers.get(one.id) ?? 0 }));
		const { page, nextCursor } = pageOf(numbered, query);
		return { documents: page.map(({ one }) => one), nextCursor };
	}

	async count(): Promise<number> {
		this.#now();
		return this.#documents.length;
	}

	async append(text: RawJson): Promise<void> {
		this.#log.push({ number: ++this.#logged, at: this.#now(), text });
		this.#log = this.#log.slice(-LIMITS.logEntries);
	}

	async entries(query: PageQuery) {
		this.#now();
		const { page, nextCursor } = pageOf(this.#log, query);
		return { entries: page.map(({ at, text }) => ({ at, text })), nextCursor };
	}
}

function pageOf<T extends { number: number }>(items: T[], { cursor, limit }: PageQuery) {
	if (cursor !== null && !/^\d{1,15}$/.test(cursor))
		throw invalid('cursor', 'must be the nextCursor of a page', cursor);
	const rest = items.filter(({ number }) => cursor === null || number < Number(cursor)).reverse();
	const page = rest.slice(0, limit);
	return { page, nextCursor: rest.length > page.length ? String(page.at(-1)?.number) : null };
}
