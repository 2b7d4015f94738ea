import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Rights } from '../../core/access.ts';
import { invalid } from '../../core/errors.ts';
import { type RawJson, toRawJson } from '../../core/json.ts';
import type { Document } from '../../engine/engine.ts';
import type { RequestRate } from './bucket.ts';

/** A key as it is kept: of the secret itself there is only a hash. */
export interface KeyRecord extends Rights {
	id: string;
	name: string;
	/** SHA-256 of the whole key, in hex. 256 random bits need no slow hash. */
	hash: string;
	createdAt: number;
	/** null for never. */
	expiresAt: number | null;
	revokedAt: number | null;
	/** How often it may ask, of each server. Absent for no limit. */
	rate?: RequestRate;
}

/** A key as its operators see it. */
export type KeyView = Omit<KeyRecord, 'hash'>;

const SECRET = /^mr_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;
const ROOT_SECRET = /^[!#-[\]-~]{32,256}$/;
const ID = /^[0-9a-f]{16}$/;

/** The id in a key; undefined for what cannot be one. */
export function idIn(secret: string): string | undefined {
	return SECRET.exec(secret)?.[1];
}

export function isKeyId(text: string): boolean {
	return ID.test(text);
}

/** A new key, and the secret of which only its caller will know. */
export function newKey(
	asked: Rights & { name: string; expiresInMs?: number | undefined; rate?: RequestRate | undefined },
	now: number,
): { record: KeyRecord; secret: string } {
	const { name, allow, deny, expiresInMs, rate } = asked;
	const id = randomBytes(8).toString('hex');
	const secret = `mr_${id}_${randomBytes(32).toString('base64url')}`;
	const expiresAt = expiresInMs === undefined ? null : now + expiresInMs;
	const record = {
		id,
		name,
		hash: hashOf(secret).toString('hex'),
		allow,
		deny,
		createdAt: now,
		expiresAt,
		revokedAt: null,
		...(rate === undefined ? {} : { rate }),
	};
	return { record, secret };
}

export function hashOf(secret: string): Buffer {
	return createHash('sha256').update(secret).digest();
}

/** Takes as long for any two hashes. */
export function isSame(hash: Buffer, other: Buffer): boolean {
	return hash.length === other.length && timingSafeEqual(hash, other);
}

/** A revoked key is closed: the store may let go of the oldest of those. */
export function toDocument(record: KeyRecord, version: number): Document {
	return { id: record.id, version, open: record.revokedAt === null, text: toRawJson(record) };
}

export function readKey({ text }: { text: RawJson }): KeyRecord {
	return JSON.parse(text);
}

export function viewOf({ hash: _, ...view }: KeyRecord): KeyView {
	return view;
}

/** The name that no other key may have. */
export const ROOT = 'root';

/** @throws INVALID, which never shows what came */
export function checkRootKey(secret: string): void {
	if (ROOT_SECRET.test(secret)) return;
	const expected = 'must be 32 to 256 printable ASCII characters without spaces, quotes and backslashes';
	throw invalid('adminKey', expected, `${secret.length} characters`);
}
