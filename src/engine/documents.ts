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
 * A small place beside the jobs that all servers on a store share: documents that are changed by compare-and-set, and one log. Each
 * call is one atomic step. Cursors are those of the page before; an unreadable one throws INVALID.
 */
export interface Documents {
	/** The open documents, the oldest first, and the store's time. */
	open(): Promise<{ documents: Document[]; now: number }>;
	/**
	 * Stores the document if the store has the version before it (none, for version 1), and with it a line of the log. Says whether it
	 * did. Beyond `LIMITS.keptDocuments` the oldest that are not open are let go.
	 */
	save(document: Document, entry?: RawJson): Promise<boolean>;
	get(id: string): Promise<Document | null>;
	/** One page, the latest first. */
	list(query: PageQuery): Promise<{ documents: Document[]; nextCursor: string | null }>;
	/** Adds a line to the log, which holds the last `LIMITS.logEntries`. */
	append(entry: RawJson): Promise<void>;
	/** One page of the log, the latest first. */
	entries(query: PageQuery): Promise<{ entries: LogEntry[]; nextCursor: string | null }>;
}
