import { invalid } from '../../core/errors.ts';
import { asRawJson, type RawJson } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PageQuery } from '../../core/operation.ts';
import type { Document, Documents, LogEntry } from '../engine.ts';
import type { Scripts } from './scripts.ts';

type Call = <T>(work: () => Promise<T>) => Promise<T>;

const KEEP_ENTRIES = String(LIMITS.logEntries);

/** What servers keep beside the jobs: one collection, under keys in one slot of its own. */
export class RedisDocuments implements Documents {
	readonly #scripts: Scripts;
	readonly #call: Call;
	readonly #key: string;

	/** @param key what its keys begin with */
	constructor(scripts: Scripts, call: Call, key: string) {
		this.#scripts = scripts;
		this.#call = call;
		this.#key = key;
	}

	open(): Promise<{ documents: Document[]; now: number }> {
		return this.#call(async () => {
			const args = [this.#scripts.now];
			const [now, ...found] = await this.#scripts.callAt<string[]>('openDocuments', this.#key, args);
			const documents = inRows(2, found).map(([id = '', stored = '']) => decode(id, stored));
			return { documents, now: Number(now) };
		});
	}

	save({ id, version, open, text }: Document, entry?: RawJson): Promise<boolean> {
		return this.#call(async () => {
			const own = [
				id,
				String(version),
				open ? '1' : '0',
				text,
				String(LIMITS.keptDocuments),
				entry ?? '',
				KEEP_ENTRIES,
			];
			return (await this.#scripts.callAt<number>('saveDocument', this.#key, [...this.#memory(), ...own])) === 1;
		});
	}

	get(id: string): Promise<Document | null> {
		return this.#call(async () => {
			const stored = await this.#scripts.command<string | null>(['HGET', `${this.#key}:docs`, id], false);
			return stored === null ? null : decode(id, stored);
		});
	}

	async list({ cursor, limit }: PageQuery) {
		const before = cursor === null ? '' : numberIn(cursor);
		return this.#call(async () => {
			const args = [String(limit + 1), before];
			const found = inRows(3, await this.#scripts.callAt<string[]>('listDocuments', this.#key, args));
			const documents = found.slice(0, limit).map(([, id = '', stored = '']) => decode(id, stored));
			return { documents, nextCursor: found.length > limit ? (found[limit - 1]?.[0] ?? null) : null };
		});
	}

	/** No script: servers ask this all the time. */
	count(): Promise<number> {
		return this.#call(() => this.#scripts.command<number>(['HLEN', `${this.#key}:docs`], false));
	}

	append(entry: RawJson): Promise<void> {
		return this.#call(async () => {
			await this.#scripts.callAt('appendEntry', this.#key, [...this.#memory(), entry, KEEP_ENTRIES]);
		});
	}

	async entries({ cursor, limit }: PageQuery) {
		const before = cursor === null ? '' : numberIn(cursor);
		return this.#call(async () => {
			const args = [String(limit + 1), before];
			const [first, ...lines] = await this.#scripts.callAt<string[]>('listEntries', this.#key, args);
			const entries = lines.slice(0, limit).map(decodeEntry);
			return { entries, nextCursor: lines.length > limit ? String(Number(first) - limit + 1) : null };
		});
	}

	/** What each script that changes something begins with. */
	#memory(): string[] {
		return [this.#scripts.now, this.#scripts.callId(), this.#scripts.callMemory];
	}
}

function inRows(width: number, items: string[]): string[][] {
	return Array.from({ length: items.length / width }, (_, row) => items.slice(row * width, (row + 1) * width));
}

/** `version`, `+` for an open one or `-`, then the text. */
function decode(id: string, stored: string): Document {
	const [mark = '', version = '', sign] = /^(\d+)([+-])/.exec(stored) ?? [];
	return { id, version: Number(version), open: sign === '+', text: asRawJson(stored.slice(mark.length)) };
}

function decodeEntry(line: string): LogEntry {
	const end = line.indexOf('\n');
	return { at: Number(line.slice(0, end)), text: asRawJson(line.slice(end + 1)) };
}

/** @throws INVALID for what is no cursor */
function numberIn(cursor: string): string {
	if (/^\d{1,15}$/.test(cursor)) return cursor;
	throw invalid('cursor', 'must be the nextCursor of an earlier page of the same list', cursor);
}
