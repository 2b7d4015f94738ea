import type { RawJson } from '../core/json.ts';
import type { PageQuery } from '../core/operation.ts';

/** Something that servers keep beside the jobs. The store reads no more of it than stands here. */
export interface Document {
	id: string;
	/** 1 for a new one, and one more with each save. */
	version: number;
	/** Somebody has still to work on it. */
	open: boolean;
	text: RawJson;
}

/** A line of the log. */
export interface LogEntry {
	/** The store's time. */
	at: number;
	text: RawJson;
}

/**
 * A small place beside the jobs that all servers on a store share: documents that are changed by compare-and-set. Each call is one
 * atomic step. Cursors are those of the page before; an unreadable one throws INVALID.
 */
export interface Collection {
	/** The open documents, the oldest first, and the store's time. */
	open(): Promise<{ documents: Document[]; now: number }>;
	/**
	 * Stores the document if the store has the version before it (none, for version 1). Says whether it did. Beyond
	 * `LIMITS.keptDocuments` the oldest that are not open are let go.
	 */
	save(document: Document): Promise<boolean>;
	get(id: string): Promise<Document | null>;
	/** One page, the latest first. */
	list(query: PageQuery): Promise<{ documents: Document[]; nextCursor: string | null }>;
	/** How many there are, open or not. As cheap a call as the store has. */
	count(): Promise<number>;
}

/** The documents of bulk operations, and one log. */
export interface Documents extends Collection {
	/** As in any collection; with the document a line of the log is stored. */
	save(document: Document, entry?: RawJson): Promise<boolean>;
	/** Adds a line to the log, which holds the last `LIMITS.logEntries`. */
	append(entry: RawJson): Promise<void>;
	/** One page of the log, the latest first. */
	entries(query: PageQuery): Promise<{ entries: LogEntry[]; nextCursor: string | null }>;
}
