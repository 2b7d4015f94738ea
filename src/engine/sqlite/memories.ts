import type { Store } from './store.ts';
import type { TopicEntry } from './topic-entry.ts';

export type MemoryKind = 'push' | 'take';

export interface Memory {
	fingerprint: string;
	/** JSON. */
	answer: string;
}

const FIND = 'SELECT fingerprint, answer FROM memories WHERE topic = ? AND kind = ? AND key = ? AND expires_at > ?';

/** A new memory replaces one that has expired and was not pruned yet. */
const SAVE = `INSERT OR REPLACE INTO memories (topic, kind, key, fingerprint, answer, expires_at)
	VALUES (?, ?, ?, ?, ?, ?)`;

const EXPIRED = 'SELECT topic, kind, key FROM memories WHERE expires_at <= ? ORDER BY expires_at LIMIT ?';
const DELETE = 'DELETE FROM memories WHERE topic = ? AND kind = ? AND key = ?';

export function recall(store: Store, topic: TopicEntry, kind: MemoryKind, key: string): Memory | undefined {
	return store.sql.get<Memory & Record<string, unknown>>(FIND, [topic.id, kind, key, store.now]);
}

/** @param forMs - ms that the answer is remembered */
export function remember(
	store: Store,
	topic: TopicEntry,
	kind: MemoryKind,
	key: string,
	{ fingerprint, answer }: Memory,
	forMs: number,
): void {
	store.sql.run(SAVE, [topic.id, kind, key, fingerprint, answer, store.now + forMs]);
}

export function pruneMemories(store: Store, limit: number): void {
	const expired = store.sql.all<{ topic: number; kind: string; key: string }>(EXPIRED, [store.now, limit]);
	for (const { topic, kind, key } of expired) store.sql.run(DELETE, [topic, kind, key]);
}

/** When the next memory expires; null when there is none. */
export function nextMemoryExpiry(store: Store): number | null {
	const row = store.sql.get<{ at: number | null }>('SELECT min(expires_at) AS at FROM memories');
	return row?.at ?? null;
}
